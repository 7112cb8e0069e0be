import { setTimeout as sleep } from 'node:timers/promises'
import type { Library } from '../../lib/native/library.ts'
import { TcpClient } from '../helpers/dns-client.ts'
import { queryPacket, type Random } from '../helpers/packets.ts'
import { type Tally, tally, tookMs } from '../overload/tally.ts'
import { Volley } from '../overload/volley.ts'
import { mutants, randomSubdomains } from './hostile-queries.ts'
import { TcpAbuse } from './tcp-abuse.ts'
import { KINDS, validQueries } from './valid-queries.ts'

const LIMIT_MS = 5000
const WARM_UP_SECONDS = 3
const MEASURE_SECONDS = 5
const WINDOW = 256
// More than any cache holds.
const FILLING = 15_000
const FILL_WINDOW = 128
// Of what is sent over UDP in all; the rest is valid.
const SHARES = { mutants: 0.08, randomSubdomains: 0.01 }
const TCP_EVERY_MS = 50

interface Options {
  readonly library: Library
  readonly port: number
  readonly random: Random
}

/** How many valid queries are answered in a second when as many are asked as it takes. */
export async function capacityOf({ library, port, random }: Options): Promise<number> {
  const next = validQueries(random)
  using volley = new Volley({ library, port, sockets: 4, kinds: KINDS.length, next, limitMs: LIMIT_MS })
  await volley.saturate(WINDOW, WARM_UP_SECONDS)
  return await volley.saturate(WINDOW, MEASURE_SECONDS)
}

/** Makes the caches as full as they get, so that what grows afterwards is something else. */
export async function fillCaches({ library, port, random }: Options): Promise<void> {
  const next = randomSubdomains(random)
  using volley = new Volley({ library, port, from: '127.0.0.67', sockets: 2, kinds: 1, next, limitMs: LIMIT_MS })
  while ((volley.tallies[0] as Tally).answered < FILLING) await volley.saturate(FILL_WINDOW, 1)
}

export interface Tallies {
  readonly valid: readonly Tally[]
  readonly overTcp: Tally
  readonly mutants: Tally
  readonly randomSubdomains: Tally
  readonly abusiveConnections: number
}

export interface Traffic {
  /** Asks no more, waits for the replies that are due, and tells what came of it. */
  stop(): Promise<Tallies>
}

export function startLoad({ perSecond, ...options }: Options & { readonly perSecond: number }): Traffic {
  const { library, port, random } = options
  const common = { library, port, limitMs: LIMIT_MS }
  const next = validQueries(random)
  const valid = new Volley({ ...common, sockets: 8, kinds: KINDS.length, next })
  const noise = new Volley({ ...common, from: '127.0.0.66', sockets: 2, kinds: 1, next: mutants(random) })
  const flood = new Volley({ ...common, from: '127.0.0.67', sockets: 2, kinds: 1, next: randomSubdomains(random) })
  const abuse = new TcpAbuse(port, random)
  const overTcp = tcpClients(port)
  valid.start(perSecond * (1 - SHARES.mutants - SHARES.randomSubdomains))
  noise.start(perSecond * SHARES.mutants)
  flood.start(perSecond * SHARES.randomSubdomains)
  return {
    stop: async () => {
      abuse[Symbol.dispose]()
      const volleys = [valid, noise, flood]
      for (const volley of volleys) volley.stop()
      await Promise.all(volleys.map((volley) => volley.settle()))
      for (const volley of volleys) volley[Symbol.dispose]()
      return {
        valid: valid.tallies,
        overTcp: await overTcp.stop(),
        mutants: noise.tallies[0] as Tally,
        randomSubdomains: flood.tallies[0] as Tally,
        abusiveConnections: abuse.opened,
      }
    },
  }
}

// Queries over TCP that have to be answered, each on a connection of its own.
function tcpClients(port: number): { stop: () => Promise<Tally> } {
  const counts = tally()
  const end = new AbortController()
  const asking = new Set<Promise<void>>()
  const ask = async () => {
    counts.asked++
    const startMs = performance.now()
    try {
      await using client = await TcpClient.open({ host: '127.0.0.1', port })
      const reply = await client.ask(queryPacket('k1.known.example'))
      tookMs(counts, performance.now() - startMs, (reply[3] as number) & 0xf)
    } catch {
      counts.lost++
    }
  }
  const run = async () => {
    while (!end.signal.aborted) {
      const one: Promise<void> = ask().finally(() => asking.delete(one))
      asking.add(one)
      await sleep(TCP_EVERY_MS)
    }
  }
  const running = run()
  return {
    stop: async () => {
      end.abort()
      await running
      await Promise.all(asking)
      return counts
    },
  }
}
