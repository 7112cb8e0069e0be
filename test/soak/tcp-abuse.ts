import { connect, type Socket } from 'node:net'
import { frame } from '../../lib/dns/frame-reader.ts'
import { queryPacket, type Random, randomOctets } from '../helpers/packets.ts'

const HOST = '127.0.0.1'
const FROM = '127.0.0.66'
const EVERY_MS = 50
const MOST_OPEN = 300
const DRIP_MS = 500
// Who does not read does not hear either that the server has closed.
const LONGEST_MS = 15_000
const PIPELINED = 200
const QUERY = frame(queryPacket('k1.known.example'))

type Abuse = (socket: Socket, random: Random) => void

const ABUSES: readonly Abuse[] = [
  // Octets that are no frames.
  (socket, random) => socket.write(randomOctets(random, 1 + random(2000))),
  // Nothing at all.
  () => {},
  // The beginning of a frame.
  (socket, random) => socket.write(QUERY.subarray(0, random(QUERY.length))),
  // One octet at a time.
  (socket) => {
    let at = 0
    const drip = setInterval(() => {
      if (socket.destroyed || at === QUERY.length) clearInterval(drip)
      else socket.write(QUERY.subarray(at, ++at))
    }, DRIP_MS)
    socket.once('close', () => clearInterval(drip))
  },
  // Much, without reading.
  (socket) => {
    socket.pause()
    socket.write(Buffer.concat(Array.from({ length: PIPELINED }, () => QUERY)))
  },
  // Gone before the reply.
  (socket) => socket.write(QUERY, () => socket.resetAndDestroy()),
]

/** Opens connections and misuses them, until it is disposed of. */
export class TcpAbuse implements Disposable {
  opened = 0
  readonly #open = new Set<Socket>()
  readonly #timer: NodeJS.Timeout

  constructor(port: number, random: Random) {
    this.#timer = setInterval(() => {
      if (this.#open.size < MOST_OPEN) this.#abuse(port, random)
    }, EVERY_MS)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    for (const socket of this.#open) socket.destroy()
  }

  #abuse(port: number, random: Random): void {
    this.opened++
    const socket = connect({ host: HOST, port, localAddress: FROM })
    this.#open.add(socket)
    socket.on('error', () => socket.destroy())
    const end = setTimeout(() => socket.destroy(), LONGEST_MS)
    socket.once('close', () => {
      clearTimeout(end)
      this.#open.delete(socket)
    })
    socket.once('connect', () => (ABUSES[random(ABUSES.length)] as Abuse)(socket, random))
    socket.on('end', () => socket.destroy())
  }
}
