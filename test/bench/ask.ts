import { createSocket } from 'node:dgram'
import packet from 'dns-packet'

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** What a server said, as far as servers can be compared. */
export interface Reply {
  readonly rcode: string
  /** The types in the answer section, in order. */
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly octets: number
}

/** Asks a server on 127.0.0.1 once, for A over UDP without EDNS; undefined if no reply comes in time. */
export function ask(port: number, name: string, timeoutMs: number): Promise<Reply | undefined> {
  const { promise, resolve } = Promise.withResolvers<Reply | undefined>()
  const socket = createSocket('udp4')
  const id = 1 + (port % 65_535)
  const query = packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [{ type: 'A', name }] })
  const timer = setTimeout(() => resolve(undefined), timeoutMs)
  // Nobody listens there yet.
  socket.on('error', () => resolve(undefined))
  socket.on('message', (message) => {
    if (message.readUInt16BE(0) === id) resolve(replyOf(message))
  })
  socket.connect(port, '127.0.0.1', () => socket.send(query))
  return promise.finally(() => {
    clearTimeout(timer)
    socket.close()
  })
}

function replyOf(message: Buffer): Reply {
  const { answers = [], authorities = [] } = packet.decode(message)
  const rcode = message.readUInt16BE(2) & 0xf
  return {
    rcode: RCODES[rcode] ?? String(rcode),
    answer: answers.map(({ type }) => type),
    authority: authorities.map(({ type }) => type),
    octets: message.length,
  }
}
