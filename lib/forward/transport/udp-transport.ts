import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { ServerAddress } from '../upstream.ts'
import type { Transport, TransportQuery } from './transport.ts'
import { type QuestionSockets, UdpExchange, type UdpExchangeOptions } from './udp-exchange.ts'

interface Options extends UdpExchangeOptions {
  readonly server: ServerAddress
}

type Lookup = NonNullable<SocketOptions['lookup']>

// Addresses are given as such; the lookup of the system would cost a turn each.
const isAlready =
  (family: number): Lookup =>
  (address, _options, done) =>
    done(null, address, family)

const UDP4: SocketOptions = { type: 'udp4', lookup: isAlready(4) }
const UDP6: SocketOptions = { type: 'udp6', lookup: isAlready(6) }

/**
 * Plain DNS over UDP. A fresh socket for each query has a fresh random source port; connected, it hears this server only,
 * and of a closed port at once (RFC 5452 §9).
 */
export class UdpTransport implements Transport {
  readonly #options: Options
  readonly #sockets: QuestionSockets<Socket>
  readonly #underWay = new Set<UdpExchange<Socket>>()
  #isClosed = false

  constructor(options: Options) {
    this.#options = options
    this.#sockets = socketsOfNode(options.server)
  }

  exchange(query: TransportQuery): Promise<Buffer> {
    if (query.signal.aborted) return Promise.reject(query.signal.reason)
    if (this.#isClosed) return Promise.reject(closedError())
    return new UdpExchange(query, this.#options, this.#sockets, this.#underWay).start()
  }

  close(): void {
    this.#isClosed = true
    for (const exchange of this.#underWay) exchange.fail(closedError())
  }
}

const closedError = (): Error => new Error('the transport was closed')

function socketsOfNode({ host, port }: ServerAddress): QuestionSockets<Socket> {
  const options = isIPv6(host) ? UDP6 : UDP4
  return {
    // A send without a callback, so that a network that cannot be reached is an 'error' like any other.
    ask: (question, receiver) => {
      const socket = createSocket(options)
        .on('error', (error) => receiver.lose(error))
        .on('message', (reply) => receiver.take(reply))
        .on('connect', () => socket.send(question))
      socket.connect(port, host)
      return socket
    },
    // It may not be connected yet, and must not send then.
    letGo: (socket) => socket.removeAllListeners('connect').close(),
  }
}
