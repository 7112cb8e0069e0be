// Bar: at twice the load that can be answered, at least 80 % of the most is; a second later all is well. See README.md.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { version } from '../../cmd/version.ts'
import { Children } from '../bench/children.ts'
import { dnsperfVersion } from '../bench/dnsperf.ts'
import { freePort } from '../bench/free-port.ts'
import { machine } from '../bench/machine.ts'
import { CLIENT_CORE } from '../bench/server.ts'
import { spreadOf } from '../bench/statistics.ts'
import { untilInterrupted } from '../bench/until-interrupted.ts'
import { chosen, orUsage, wholeNumber, WrongUsage } from '../failures/bench.ts'
import { debianLack, debianProgram, installDebian } from '../peers/debian.ts'
import { CASES, type Case } from './cases.ts'
import { type Server, startServer, type Transport } from './server.ts'
import { LOAD, takeTurn, type Turn } from './turn.ts'

const USAGE = `node test/overload/overload.ts [options]

  --rounds N   how often each transport has its turn in each case, 1 to 50 (default 5)
  --seconds N  how long the most is measured, and the overload lasts, 2 to 120 (default 5)
  --case LIST  some of hits, mixed, misses (default all)
  --udp LIST   some of auto, dgram (default both)`

const FLAGS = {
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '5' },
  case: { type: 'string' },
  udp: { type: 'string' },
} as const

const PROGRAMS = ['dnsperf', 'taskset', 'chrt'] as const
const LEAST_SHARE = 0.8
const MOST_RECOVERY_MS = 1000
// Below that it was no overload, and nothing can be said.
const LEAST_FACTOR = 1.7

const TRANSPORTS: readonly Transport[] = ['auto', 'dgram']
const loadAverage = () => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')
const median = (turns: readonly Turn[], of: (turn: Turn) => number) => spreadOf(turns.map(of)).median

interface Contest {
  readonly what: Case
  readonly udp: Transport
  readonly turns: Turn[]
}

interface Means {
  readonly transports: readonly Transport[]
  readonly rounds: number
  readonly seconds: number
  readonly children: Children
  readonly folder: string
}

// One after the other in each round, so that what slows the machine slows both.
async function contest(what: Case, { transports, rounds, ...means }: Means): Promise<string[]> {
  const contests: (Contest & { readonly server: Server })[] = []
  for (const udp of transports) {
    const server = await startServer(means.children, means.folder, udp, await freePort())
    await takeTurn(server, what, { ...means, seconds: 2 })
    contests.push({ what, udp, server, turns: [] })
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { server, turns, udp } of contests) {
      turns.push(await takeTurn(server, what, means))
      console.error(`${what.id} ${round}/${rounds} ${udp} ${JSON.stringify(turns.at(-1))}`)
    }
  }
  await Promise.all(contests.map(({ server }) => server.end()))
  console.log(tableOf(contests))
  return contests.flatMap(failuresOf)
}

const COLUMNS: readonly (readonly [string, (turn: Turn) => number, number])[] = [
  ['most/s', ({ most }) => most, 0],
  ['offered/s', ({ offered }) => offered, 0],
  ['goodput/s', ({ goodput }) => goodput, 0],
  ['share', ({ goodput, most }) => goodput / most, 2],
  ['probes %', ({ probesAnsweredPercent }) => probesAnsweredPercent, 1],
  ['p99 ms', ({ probesP99Ms }) => probesP99Ms, 1],
  ['back ms', ({ recoveredMs }) => recoveredMs, 0],
  ['shed', ({ shed }) => shed, 0],
  ['kernel', ({ kernelDrops }) => kernelDrops, 0],
]

function tableOf(contests: readonly Contest[]): string {
  const head = `\n${(contests[0]?.what.id ?? '').padEnd(10)}${COLUMNS.map(([name]) => name.padStart(11)).join('')}`
  const rows = contests.map(({ udp, turns }) => {
    const cells = COLUMNS.map(([, of, digits]) => median(turns, of).toFixed(digits).padStart(11))
    return `${udp.padEnd(10)}${cells.join('')}`
  })
  return [head, ...rows].join('\n')
}

function failuresOf({ what, udp, turns }: Contest): string[] {
  const who = `${what.id} ${udp}`
  const factor = median(turns, ({ offered, most }) => offered / most)
  const share = median(turns, ({ goodput, most }) => goodput / most)
  const backMs = median(turns, ({ recoveredMs }) => recoveredMs)
  if (factor < LEAST_FACTOR) return [`${who}: only ${factor.toFixed(2)} times as much was offered, which says nothing`]
  return [
    ...(share < LEAST_SHARE ? [`${who}: ${share.toFixed(2)} of the most`] : []),
    ...(backMs > MOST_RECOVERY_MS ? [`${who}: ${backMs.toFixed(0)} ms until all was well`] : []),
  ]
}

await orUsage(USAGE, async () => {
  const { values } = parseArgs({ options: FLAGS })
  const rounds = wholeNumber('rounds', values.rounds, 50)
  const seconds = wholeNumber('seconds', values.seconds, 120)
  const cases = chosen('case', values.case, new Map(CASES.map((one) => [one.id, one])))
  const transports = chosen('udp', values.udp, new Map(TRANSPORTS.map((udp) => [udp, udp])))
  installDebian(PROGRAMS, console.error)
  const lack = debianLack(PROGRAMS)
  if (lack !== undefined) throw new WrongUsage(lack)
  // The probes have the core of the generator.
  execFileSync(debianProgram('taskset'), ['-apc', String(CLIENT_CORE), String(process.pid)])
  const dnsperf = debianProgram('dnsperf')
  console.log(`command   node test/overload/overload.ts ${process.argv.slice(2).join(' ')}`.trimEnd())
  console.log(`date      ${new Date().toISOString()}`)
  console.log(`machine   ${machine()}; load average ${loadAverage()} at the beginning`)
  console.log(`versions  node ${process.version}, feddns ${version}, dnsperf ${dnsperfVersion(dnsperf)}`)
  console.log(`load      ${LOAD}; ${rounds} rounds of ${seconds} s each`)
  const children = new Children(debianProgram('taskset'))
  const failures: string[] = []
  process.exitCode = await untilInterrupted(children, async (folder) => {
    for (const what of cases) failures.push(...(await contest(what, { transports, rounds, seconds, children, folder })))
    for (const failure of failures) console.log(`MISSED: ${failure}`)
    console.log(`load average ${loadAverage()} at the end`)
  })
  if (failures.length > 0) process.exitCode = 1
})
