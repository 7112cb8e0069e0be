import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import packet from 'dns-packet'
import { askUdp } from '../../helpers/dns-client.ts'
import type { Child, Children } from '../children.ts'
import { processTicks, tickMicros } from '../cpu-time.ts'
import { CLIENT_CORE } from '../server.ts'

const PROGRAM = fileURLToPath(new URL('../wire-upstream.ts', import.meta.url))
const HOST = '127.0.0.1'

/** The upstream that all servers of a comparison ask. */
export interface Upstream {
  readonly host: string
  readonly port: number
  /** What it has done so far. */
  readonly figures: () => Promise<{ readonly asked: number; readonly busyMicros: number }>
}

export async function startUpstream(children: Children): Promise<Upstream> {
  const child = children.start(CLIENT_CORE, [process.execPath, PROGRAM])
  const [line] = await Promise.race([once(child.lines, 'line') as Promise<[string]>, child.ended])
  const port = Number(line)
  return { host: HOST, port, figures: async () => ({ asked: await askedSoFar(port), busyMicros: busyMicros(child) }) }
}

const busyMicros = ({ pid }: Child): number => processTicks(pid) * tickMicros()

async function askedSoFar(port: number): Promise<number> {
  const query = packet.encode({ type: 'query', id: 1, questions: [{ type: 'TXT', name: 'asked' }] })
  const [answer] = packet.decode(await askUdp({ host: HOST, port }, query)).answers ?? []
  if (answer?.type !== 'TXT') throw new Error('the upstream does not tell how often it was asked')
  return Number(String(answer.data))
}
