// What the benchmark of the cache asks, and who answers the resolvers that it asks.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { queryPacket, seededRandom } from '../helpers/packets.ts'
import { wireReply } from './wire-reply.ts'

const HOST = '127.0.0.1'
/** Questions under way at a time: few enough for the receive buffer of a socket. */
const WINDOW = 64
const LOST_MS = 2000
const CHECK_MS = 500
const IDS = 65_536
const UINT32 = 2 ** 32

export interface CountingUpstream extends AsyncDisposable {
  readonly port: number
  /** Queries received so far. */
  readonly asked: number
}

/** Answers whatever it is asked with one address, which holds for a day, and counts. */
export async function countingUpstream(): Promise<CountingUpstream> {
  let asked = 0
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    asked++
    socket.send(wireReply(query), from.port, from.address)
  })
  socket.bind(0, HOST)
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    get asked() {
      return asked
    },
    [Symbol.asyncDispose]: () => new Promise((closed) => void socket.close(() => closed())),
  }
}

/** Asks for each of these names once, in this order. How often it had to ask again, for want of a reply. */
export async function askAll(port: number, names: Iterable<string>): Promise<number> {
  const left = names[Symbol.iterator]()
  const waiting = new Map<number, { packet: Buffer; sentMs: number }>()
  const done = Promise.withResolvers<void>()
  const socket = createSocket('udp4')
  let [id, again] = [0, 0]
  const askNext = () => {
    const { value: name, done: isLast } = left.next()
    if (isLast !== true) {
      id = (id + 1) % IDS
      const packet = queryPacket(name, { id })
      waiting.set(id, { packet, sentMs: performance.now() })
      socket.send(packet)
    } else if (waiting.size === 0) done.resolve()
  }
  socket.on('error', done.reject)
  socket.on('message', (reply) => {
    if ((reply.readUInt16BE(2) & 0xf) !== 0) done.reject(new Error(`rcode ${reply.readUInt16BE(2) & 0xf}`))
    if (waiting.delete(reply.readUInt16BE(0))) askNext()
  })
  const check = setInterval(() => {
    const nowMs = performance.now()
    for (const one of waiting.values()) {
      if (nowMs - one.sentMs < LOST_MS) continue
      one.sentMs = nowMs
      again++
      socket.send(one.packet)
    }
  }, CHECK_MS)
  socket.connect(port, HOST, () => {
    for (let i = 0; i < WINDOW; i++) askNext()
  })
  await done.promise.finally(() => {
    clearInterval(check)
    socket.close()
  })
  return again
}

/** So many names that nobody asked for before, given other `from`. */
export function* distinctNames(from: number, count: number): Iterable<string> {
  for (let i = from; i < from + count; i++) yield `n${1e7 + i}.flood.example`
}

/** Questions for `distinct` names, of which the one of rank r is asked for 1/r as often as the first. */
export function zipfNames(distinct: number, count: number): string[] {
  const random = seededRandom(1)
  const sums = new Float64Array(distinct)
  let sum = 0
  for (let i = 0; i < distinct; i++) sums[i] = sum += 1 / (i + 1)
  return Array.from({ length: count }, () => `n${1e7 + rankOf((random(UINT32) / UINT32) * sum, sums)}.zipf.example`)
}

// The first one whose sum is not below the value.
function rankOf(value: number, sums: Float64Array): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sums[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}
