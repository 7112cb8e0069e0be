// node test/bench/cache.ts [memory|zipf]: whether memory stays flat however many names are asked for, and how often the
// cache can answer, beside Unbound and CoreDNS with the same number of entries. See README.md.
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../lib/base/error-text.ts'
import { askAll, type CountingUpstream, countingUpstream, distinctNames, zipfNames } from './cache-load.ts'
import {
  type CacheBench,
  type CacheServer,
  hasCoredns,
  startCoredns,
  startFeddns,
  startUnbound,
} from './cache-servers.ts'
import { Children } from './children.ts'
import { machine } from './machine.ts'
import { findPrograms } from './programs.ts'

const ENTRIES = 10_000
const NAMES = 200_000
const ROUNDS = 3
const SAMPLES_PER_ROUND = 4
const QUESTIONS = 300_000
const WARM_UP = 100_000
/** As much more memory than after the first round as counts as flat. */
const FLAT = 1.1
const MIB = 1024 * 1024

const print = (text: string) => console.log(text)
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`.padStart(7)

/** Rounds of names that were never asked for before, and what there is in memory meanwhile. */
async function memory(bench: CacheBench): Promise<void> {
  print(`\n${ROUNDS} rounds of ${NAMES} distinct names against a cache of ${ENTRIES} entries`)
  print('    names  memory MiB   images      MiB   messages      MiB')
  const server = await startFeddns(ENTRIES, bench)
  const highest: number[] = []
  const report = async (asked: number): Promise<number> => {
    const held = await server.held()
    const mib = (name: string) => ((held[name] ?? 0) / MIB).toFixed(1)
    const columns = [mib('rss').padStart(12), String(held['images']).padStart(9), mib('image_bytes').padStart(9)]
    columns.push(String(held['cache_entries']).padStart(11), mib('cache_bytes').padStart(9))
    print(`${String(asked).padStart(9)}${columns.join('')}`)
    return held['rss'] ?? Number.NaN
  }
  await report(0)
  const step = NAMES / SAMPLES_PER_ROUND
  for (let round = 0; round < ROUNDS; round++) {
    let peak = 0
    for (let sample = 0; sample < SAMPLES_PER_ROUND; sample++) {
      const from = round * NAMES + sample * step
      await Promise.race([askAll(server.port, distinctNames(from, step)), server.child.ended])
      peak = Math.max(peak, await report(from + step))
    }
    highest.push(peak / MIB)
  }
  await server.child.end()
  const [first = Number.NaN, ...later] = highest
  const growth = Math.max(...later) / first
  const rounds = highest.map((mib) => mib.toFixed(0)).join(', ')
  print(
    `highest of each round: ${rounds} MiB; ${growth <= FLAT ? 'flat' : 'NOT FLAT'} (${growth.toFixed(2)} of the first)`,
  )
}

// Without octets and evictions.
const countsOf = (held: Readonly<Record<string, number>>): string =>
  Object.entries(held)
    .filter(([name]) => !/bytes|total|rss/.test(name))
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')

/** How large Unbound's cache has to be to hold so many messages: measured, scaled, and measured again. */
async function unboundBytes(bench: CacheBench): Promise<number> {
  let bytes = 4 * MIB
  for (let turn = 1; ; turn++) {
    const server = await startUnbound(bytes, bench)
    await Promise.race([askAll(server.port, distinctNames(0, 4 * ENTRIES)), server.child.ended])
    const { messages = 0, rrsets = 0 } = await server.held()
    await server.child.end()
    print(`unbound: msg-cache-size ${bytes} holds ${messages} messages of 40,000 asked for, and ${rrsets} RRsets`)
    if (Math.abs(messages - ENTRIES) < ENTRIES / 100 || turn === 4) return bytes
    bytes = Math.round((bytes * ENTRIES) / messages)
  }
}

async function zipf(bench: CacheBench, upstream: CountingUpstream): Promise<void> {
  print(`\n${QUESTIONS} questions for ${NAMES} names, Zipf s=1, a cache of ${ENTRIES} entries`)
  const bytes = await unboundBytes(bench)
  const questions = zipfNames(NAMES, QUESTIONS)
  // Of ours a name can be in both layers, or in one: so also half as large, and Unbound twice as large.
  const servers: readonly (readonly [string, () => Promise<CacheServer>])[] = [
    [`feddns, ${ENTRIES}`, () => startFeddns(ENTRIES, bench)],
    [`feddns, ${ENTRIES / 2}`, () => startFeddns(ENTRIES / 2, bench)],
    [`unbound, ${ENTRIES}`, () => startUnbound(bytes, bench)],
    [`unbound, ${2 * ENTRIES}`, () => startUnbound(2 * bytes, bench)],
    ...(hasCoredns() ? [[`coredns, ${ENTRIES}`, () => startCoredns(ENTRIES - (ENTRIES % 256), bench)] as const] : []),
  ]
  print(`entries         all questions    behind the first ${WARM_UP}    holds at the end`)
  for (const [name, start] of servers) {
    const server = await start()
    const begin = upstream.asked
    const load = async (part: readonly string[]) => {
      const again = await Promise.race([askAll(server.port, part), server.child.ended])
      if (again > 0) print(`${name}: ${again} questions had to be asked again`)
    }
    await load(questions.slice(0, WARM_UP))
    const warm = upstream.asked
    await load(questions.slice(WARM_UP))
    const all = percent(1 - (upstream.asked - begin) / QUESTIONS)
    const later = percent(1 - (upstream.asked - warm) / (QUESTIONS - WARM_UP))
    print(`${name.padEnd(16)}${all.padStart(13)}${later.padStart(28)}    ${countsOf(await server.held())}`)
    await server.child.end()
  }
}

async function main([only]: readonly string[]): Promise<number> {
  const found = findPrograms((line) => console.error(line))
  if ('problem' in found) {
    console.error(found.problem)
    return 2
  }
  const children = new Children(found.programs.taskset)
  const folder = await mkdtemp(join(tmpdir(), 'feddns-cache-'))
  // Nothing is left behind, however it ends.
  process.once('exit', () => {
    children.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
  await using upstream = await countingUpstream()
  const bench = { children, programs: found.programs, folder, upstreamPort: upstream.port }
  print(`command   node test/bench/cache.ts${only === undefined ? '' : ` ${only}`}`)
  print(`date      ${new Date().toISOString()}\nmachine   ${machine()}`)
  try {
    if (only !== 'zipf') await memory(bench)
    if (only !== 'memory') await zipf(bench, upstream)
    return 0
  } catch (error) {
    console.error(messageOf(error))
    return 1
  } finally {
    await children.end()
  }
}

process.exitCode = await main(process.argv.slice(2))
