import { setTimeout as sleep } from 'node:timers/promises'
import type { Children } from '../bench/children.ts'
import { parseReport } from '../bench/dnsperf.ts'
import { CLIENT_CORE } from '../bench/server.ts'
import { type Asked, isAnswered, Load } from '../failures/load.ts'
import { summaryOf } from '../failures/summary.ts'
import { debianProgram } from '../peers/debian.ts'
import { type Case, probedName, writeQuestions } from './cases.ts'
import { type Server, startOccupier } from './server.ts'

const FACTOR = 2
const CLIENTS = ['-c', '8', '-T', '2']
// What makes a server busy for some turns of the other that has its core.
const SATURATION = ['-q', '1000']
/**
 * dnsperf keeps track of no more than 65,536 questions and looks twice in the time of -t for those that are lost: with a
 * longer time it asks no faster than it forgets.
 */
const OVERLOAD = ['-t', '0.25', '-q', '65000']
const PROBES_PER_SECOND = 100
const AFTER_MS = 3000
const PRIME_MS = 200
const LIMIT_MS = 1000
// A probe that takes longer is not answered as in quiet times. The generator has the core of the probes as well.
const QUIET_MS = 50
const MOST_QUESTIONS = 2_000_000

export interface Turn {
  /** Answers a second: as many as it gives when asked for as many as it takes, and when asked for twice as many. */
  readonly most: number
  readonly goodput: number
  /** Of questions a second. */
  readonly offered: number
  /** Of what a small client gets for names that are known, while the overload lasts. */
  readonly probesAnsweredPercent: number
  readonly probesP99Ms: number
  /** From the end of the overload to the end of the last probe that was lost or slow. */
  readonly recoveredMs: number
  readonly shed: number
  readonly kernelDrops: number
}

interface Means {
  readonly children: Children
  readonly folder: string
  readonly seconds: number
}

/** Finds out how much a server answers at most, and then asks for twice as much. */
export async function takeTurn(server: Server, what: Case, means: Means): Promise<Turn> {
  const { children } = means
  const occupier = startOccupier(children, what.takenShare)
  try {
    const most = await saturate(server, what, means)
    return { most, ...(await overload(server, what, { ...means, perSecond: Math.round(FACTOR * most) })) }
  } finally {
    await occupier.end()
  }
}

async function saturate(server: Server, what: Case, { children, folder, seconds }: Means): Promise<number> {
  const file = `${folder}/questions`
  await writeQuestions(file, Math.min(MOST_QUESTIONS, 80_000 * seconds), what)
  const report = await children.run(CLIENT_CORE, dnsperf(server, { file, seconds }, SATURATION))
  return parseReport(report).completed / seconds
}

async function overload(
  server: Server,
  what: Case,
  { children, folder, seconds, perSecond }: Means & { readonly perSecond: number },
): Promise<Omit<Turn, 'most'>> {
  const file = `${folder}/questions`
  await writeQuestions(file, Math.min(MOST_QUESTIONS, perSecond * seconds), what)
  const before = await losses(server)
  await prime(server)
  await using probes = await Load.start({
    port: server.port,
    perSecond: PROBES_PER_SECOND,
    nameOf: probedName,
    limitMs: LIMIT_MS,
  })
  const startMs = performance.now()
  const run = children.run(CLIENT_CORE, dnsperf(server, { file, seconds }, ['-Q', String(perSecond), ...OVERLOAD]))
  const endMs = startMs + seconds * 1000
  const { sent, completed } = parseReport(await run)
  await sleep(Math.max(0, endMs + AFTER_MS - performance.now()))
  const asked = await probes.stop()
  const during = summaryOf(asked.filter(({ dueMs }) => dueMs < endMs))
  const after = await losses(server)
  return {
    goodput: completed / seconds,
    offered: sent / seconds,
    probesAnsweredPercent: during.answeredPercent,
    probesP99Ms: during.p99Ms,
    recoveredMs: recoveredMs(asked, endMs),
    shed: after.shed - before.shed,
    kernelDrops: after.kernelDrops - before.kernelDrops,
  }
}

interface Questions {
  readonly file: string
  readonly seconds: number
}

const dnsperf = ({ port }: Server, { file, seconds }: Questions, how: readonly string[]): [string, ...string[]] => [
  debianProgram('dnsperf'),
  ...`-s 127.0.0.1 -p ${port} -d ${file} -l ${seconds}`.split(' '),
  ...CLIENTS,
  ...how,
]

// What is asked for twice has a finished answer.
async function prime({ port }: Server): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    await using load = await Load.start({ port, perSecond: PROBES_PER_SECOND, nameOf: probedName, limitMs: LIMIT_MS })
    await sleep(PRIME_MS)
    await load.stop()
  }
}

async function losses(server: Server): Promise<Pick<Turn, 'shed' | 'kernelDrops'>> {
  const [shed, kernelDrops] = [
    await server.count('feddns_shed_total'),
    await server.count('feddns_udp_kernel_drops_total'),
  ]
  return { shed, kernelDrops }
}

function recoveredMs(asked: readonly Asked[], endMs: number): number {
  const last = asked.findLast((one) => !isAnswered(one) || (one.tookMs ?? 0) > QUIET_MS)
  return last === undefined ? 0 : Math.max(0, last.dueMs + (last.tookMs ?? 0) - endMs)
}

export const LOAD = `dnsperf ${CLIENTS.join(' ')}, ${SATURATION.join(' ')} for the most, -Q ${FACTOR}x ${OVERLOAD.join(' ')} for the overload`
