// What a pod's look-ups of names outside of the cluster cost the cluster DNS and the upstream. See README.md.
import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../helpers/packets.ts'
import { debianProgram } from '../peers/debian.ts'
import { Children } from './children.ts'
import { coredns } from './forwarding/coredns.ts'
import { feddns } from './forwarding/feddns.ts'
import { machine } from './machine.ts'
import { requirePeers } from './require-peers.ts'
import { startCluster } from './search-path/cluster.ts'
import { lookUp } from './search-path/look-up.ts'
import { othersOf, type Tally, tallyOf } from './search-path/tally.ts'
import { WAYS, type Way } from './search-path/ways.ts'
import { EXIT, untilInterrupted } from './until-interrupted.ts'

const CALLS = 60
const EVERY_MS = 1000
const ONE = 'www.example.org'
const TWENTY = Array.from({ length: 20 }, (_, i) => `site${i}.example.org`)

async function main(): Promise<number> {
  const lack = requirePeers(['coredns'], ['taskset'])
  if (lack !== undefined) {
    console.error(lack)
    return EXIT.cannotRun
  }
  const children = new Children(debianProgram('taskset'))
  return untilInterrupted(children, async (folder) => {
    console.log(head())
    console.log(row('', ['first call', 'second', `${CALLS} calls`, `${TWENTY.length} names`, 'others']))
    const lines = await Promise.all(WAYS.map((way, i) => economyOf(way, children, `${folder}/${i}`)))
    for (const line of lines) console.log(line)
  })
}

// Each way has a cluster of its own, so that all can be walked at the same time.
async function economyOf(way: Way, children: Children, folder: string): Promise<string> {
  await mkdir(folder)
  await using cluster = await startCluster([ONE, ...TWENTY], children, folder)
  const server = await way.start(cluster, children, folder)
  const random = seededRandom(1)
  const afterCalls: Tally[] = []
  for (let call = 0; call < CALLS; call++) {
    const next = sleep(EVERY_MS)
    await lookUp(server, ONE)
    await lookUp(server, TWENTY[random(TWENTY.length)] ?? ONE)
    await next
    afterCalls.push(tallyOf([ONE], cluster))
  }
  const [first = NONE, second = NONE] = afterCalls
  const [all, twenty] = [afterCalls.at(-1) ?? NONE, tallyOf(TWENTY, cluster)]
  const others = othersOf(cluster, [all, twenty])
  return row(way.title, [first, minus(second, first), all, twenty, others].map(written))
}

const NONE: Tally = { cluster: 0, outside: 0 }
const minus = (a: Tally, b: Tally): Tally => ({ cluster: a.cluster - b.cluster, outside: a.outside - b.outside })
const written = ({ cluster, outside }: Tally): string => `${cluster} + ${outside}`
const row = (title: string, cells: readonly string[]): string =>
  title.padEnd(24) + cells.map((cell) => cell.padStart(14)).join('')

const head = (): string => `\
command   node test/bench/search-path.ts
date      ${new Date().toISOString()}
machine   ${machine()}
versions  node ${process.version}, feddns ${feddns.version()}, coredns ${coredns.version()}
call      getaddrinfo of glibc with ndots:5 and three search domains: 8 questions, A and AAAA of 4 candidates
cells     questions that reach the cluster DNS + questions that reach the upstream outside
columns   the first call for ${ONE}; the second, a second later; ${CALLS} of them, one a second; meanwhile ${CALLS} calls,
          one a second, each for one of ${TWENTY.length} other names by chance; questions of the servers' own
`

process.exitCode = await main()
