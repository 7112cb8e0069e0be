import { spawnSync } from 'node:child_process'

/** What one run of dnsperf came to. */
export interface Load {
  readonly sent: number
  readonly completed: number
  readonly queriesPerSecond: number
  readonly rcodes: Readonly<Record<string, number>>
  /** Average size of a reply. */
  readonly replyOctets: number
}

export const CLIENTS = 4
/** Outstanding queries: as many as fit into a socket's receive buffer of the usual size, so that none is lost at once. */
export const OUTSTANDING = 100

/** The arguments for a run of so many seconds, without EDNS, over UDP. */
export const dnsperfArguments = (port: number, seconds: number, queriesFile: string): string[] =>
  `-s 127.0.0.1 -p ${port} -d ${queriesFile} -c ${CLIENTS} -T 1 -q ${OUTSTANDING} -l ${seconds}`.split(' ')

/** Reads the report of dnsperf. Throws if it is none. */
export function parseReport(report: string): Load {
  const number = (label: string): number => {
    const [, digits] = new RegExp(`${label} +([\\d.]+)`).exec(report) ?? []
    if (digits === undefined) throw new Error(`dnsperf did not report "${label}":\n${report}`)
    return Number(digits)
  }
  const [, rcodes = ''] = /Response codes: +(.*)/.exec(report) ?? []
  return {
    sent: number('Queries sent:'),
    completed: number('Queries completed:'),
    queriesPerSecond: number('Queries per second:'),
    replyOctets: number('request \\d+, response'),
    rcodes: Object.fromEntries(
      [...rcodes.matchAll(/(\w+) (\d+) \(/g)].map(([, rcode, count]) => [rcode, Number(count)]),
    ),
  }
}

export function dnsperfVersion(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['-h'], { encoding: 'utf8' })
  return /Version (\S+)/.exec(stdout + stderr)?.[1] ?? 'unknown'
}
