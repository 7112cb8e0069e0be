import type { EventEmitter } from 'node:events'
import { type buildConnector, Client, type Dispatcher } from 'undici'
import type { Clock } from '../../base/clock.ts'
import { hostAndPort } from '../../base/host-and-port.ts'
import { MAX_MESSAGE_OCTETS } from '../../dns/constants.ts'
import type { ServerAddress } from '../upstream.ts'
import { Alarm } from './alarm.ts'
import { HttpsExchange, type HttpsObserver, REQUEST_HEADERS } from './https-exchange.ts'
import { tlsConnector, type TlsConnector } from './tls-connector.ts'
import type { Transport, TransportCounters, TransportQuery } from './transport.ts'

export interface HttpsLimits {
  /** Requests under way at a time; the server may allow fewer. Others wait. */
  readonly maxStreams: number
  /** Requests under way or waiting; beyond that they are turned away. */
  readonly maxRequests: number
  readonly connectTimeoutMs: number
  readonly idleMs: number
  /** A live server is heard of so often at least: it is sent PING frames. */
  readonly pingMs: number
  /** After so long without hearing of a server that owes us something, the connection counts as dead. */
  readonly silenceMs: number
}

const LIMITS: HttpsLimits = {
  maxStreams: 256,
  maxRequests: 2048,
  connectTimeoutMs: 3000,
  idleMs: 10_000,
  pingMs: 500,
  silenceMs: 1500,
}

// Every exchange ends with its signal. This is for a server that never lets one begin.
const RESPONSE_TIMEOUT_MS = 5000

interface Options {
  readonly server: ServerAddress
  /** What the certificate must be valid for, and who is asked as far as HTTP is concerned; the address if left out. */
  readonly name?: string | undefined
  readonly path: string
  /** Certificates to trust instead of the built-in roots, PEM. */
  readonly ca?: string | undefined
  readonly clock: Clock
  readonly counters: TransportCounters
  readonly limits?: Partial<HttpsLimits>
}

/**
 * DNS over HTTPS (RFC 8484): POST requests over one HTTP/2 connection. It is known to be dead when PING frames stay
 * unanswered, not when a question does: that may just be slow. What was lost with a connection that had served is asked once
 * more on a new one.
 */
export class HttpsTransport implements Transport {
  readonly #path: string
  readonly #origin: string
  readonly #clock: Clock
  readonly #counters: TransportCounters
  readonly #limits: HttpsLimits
  readonly #connector: TlsConnector
  readonly #observer: HttpsObserver
  readonly #underWay = new Set<HttpsExchange>()
  readonly #alarm: Alarm
  #client: Client | undefined
  #connecting: (() => void) | undefined
  #isConnected = false
  /** Over the connection that there is, or was last. */
  #replies = 0
  /** Requests that have neither a response nor an error yet; those that nobody waits for any more count as well. */
  #requests = 0
  #heardAtMs = 0
  #isClosed = false

  /** Throws if `ca` is no certificate. */
  constructor({ server, name, path, ca, clock, counters, limits }: Options) {
    this.#path = path
    this.#origin = `https://${hostAndPort({ host: name ?? server.host, port: server.port })}`
    this.#clock = clock
    this.#counters = counters
    this.#limits = { ...LIMITS, ...limits }
    this.#connector = tlsConnector({ server, name, ca, protocol: 'h2' })
    this.#alarm = new Alarm(clock, () => this.#look())
    this.#observer = {
      label: this.#connector.label,
      onHeard: () => this.#hear(),
      onMismatch: () => void counters.mismatches++,
      onLost: (exchange) => this.#sendAgain(exchange),
      onSettled: (exchange) => void this.#underWay.delete(exchange),
    }
  }

  exchange(query: TransportQuery): Promise<Buffer> {
    if (this.#isClosed) return Promise.reject(this.#error('was closed'))
    if (query.signal.aborted) return Promise.reject(query.signal.reason)
    if (this.#requests >= this.#limits.maxRequests) {
      return Promise.reject(this.#error('has too many questions to answer'))
    }
    const exchange = new HttpsExchange(query, this.#observer)
    this.#underWay.add(exchange)
    if (this.#isConnected && this.#isSilent) this.#replaceClient()
    if (this.#replies > 0) this.#counters.connectionsReused++
    this.#send(exchange)
    return exchange.reply
  }

  close(): void {
    this.#isClosed = true
    const error = this.#error('was closed')
    for (const exchange of this.#underWay) exchange.fail(error)
    this.#dropClient(error)
  }

  #error(what: string): Error {
    return new Error(`${this.#connector.label} ${what}`)
  }

  #send(exchange: HttpsExchange): void {
    this.#client ??= this.#newClient()
    if (this.#requests++ === 0) this.#alarm.ringBy(this.#clock.now() + this.#limits.silenceMs)
    const request = { path: this.#path, method: 'POST', headers: REQUEST_HEADERS, body: exchange.body }
    this.#client.dispatch(request, this.#handlerOf(exchange))
  }

  #handlerOf(exchange: HttpsExchange): Dispatcher.DispatchHandler {
    const client = this.#client
    // What a connection that was given up still says is of no use: the question has been asked again, or failed.
    const isCurrent = () => client === this.#client
    return {
      onRequestStart: (controller) => {
        if (isCurrent()) exchange.start(controller)
      },
      onResponseStart: (_controller, status, headers) => {
        if (isCurrent()) exchange.takeHead(status, headers)
      },
      onResponseData: (_controller, chunk) => {
        if (isCurrent()) exchange.takeBody(chunk)
      },
      onResponseEnd: () => {
        this.#requests--
        if (!isCurrent()) return
        this.#replies++
        exchange.finish()
      },
      onResponseError: (_controller, error) => {
        this.#requests--
        if (isCurrent()) exchange.lose(error)
      },
    }
  }

  // A connection that has served before may be closed at any time; one that never did tells us something.
  #sendAgain(exchange: HttpsExchange): boolean {
    if (this.#isClosed || exchange.wasLost || this.#replies === 0) return false
    exchange.wasLost = true
    // What failed has first to be gone from the client's queue.
    queueMicrotask(() => {
      if (!exchange.isSettled) this.#send(exchange)
    })
    return true
  }

  #newClient(): Client {
    const { maxStreams, idleMs, pingMs } = this.#limits
    const client = new Client(this.#origin, {
      allowH2: true,
      connect: (_options, callback) => this.#connect(callback),
      headersTimeout: RESPONSE_TIMEOUT_MS,
      bodyTimeout: RESPONSE_TIMEOUT_MS,
      keepAliveTimeout: idleMs,
      maxResponseSize: MAX_MESSAGE_OCTETS,
      h2Options: { maxConcurrentStreams: maxStreams, pingInterval: pingMs },
    })
    // Its types do not know of this event.
    const events: EventEmitter = client
    events.on('ping', () => this.#hear())
    client.on('connect', () => this.#hear())
    client.on('disconnect', () => {
      if (client !== this.#client) return
      this.#isConnected = false
      if (this.#underWay.size > 0) this.#counters.connectionsClosedEarly++
    })
    return client
  }

  #connect(callback: buildConnector.Callback): void {
    const { connectTimeoutMs } = this.#limits
    const fail = (error: Error) => {
      if (this.#connecting !== stop) return
      stop()
      this.#counters.connectionsFailed++
      callback(error, null)
    }
    const socket = this.#connector.connect(() => {
      if (this.#connecting !== stop) return
      if (socket.alpnProtocol !== 'h2') return fail(this.#error('does not offer HTTP/2'))
      this.#connecting = undefined
      cancelTimeout()
      this.#counters.connectionsOpened++
      this.#isConnected = true
      this.#replies = 0
      callback(null, socket)
    })
    const cancelTimeout = this.#clock.after(connectTimeoutMs, () => {
      const what = socket.connecting ? 'accepted no connection' : 'finished no TLS handshake'
      fail(this.#error(`${what} within ${connectTimeoutMs / 1000} s`))
    })
    const stop = () => {
      this.#connecting = undefined
      cancelTimeout()
      socket.destroy()
    }
    this.#connecting = stop
    socket.once('error', (error) => fail(this.#connector.explain(error)))
    socket.once('close', () => fail(this.#error('closed the connection before a question could be sent')))
  }

  #hear(): void {
    this.#heardAtMs = this.#clock.now()
  }

  get #isSilent(): boolean {
    return this.#clock.now() - this.#heardAtMs >= this.#limits.silenceMs
  }

  #look(): void {
    if (this.#requests === 0) return
    if (this.#isConnected && this.#isSilent) this.#replaceClient()
    const sinceMs = this.#isConnected ? this.#heardAtMs : this.#clock.now()
    if (this.#requests > 0) this.#alarm.ringBy(sinceMs + this.#limits.silenceMs)
  }

  // The exchanges on it are lost at once; it may take its time to end.
  #replaceClient(): void {
    const lost = [...this.#underWay]
    const error = this.#error(`was not heard of for ${this.#limits.silenceMs / 1000} s`)
    this.#counters.connectionsClosedEarly++
    this.#dropClient(error)
    for (const exchange of lost) exchange.lose(error)
  }

  #dropClient(error: Error): void {
    const client = this.#client
    this.#client = undefined
    this.#isConnected = false
    this.#connecting?.()
    this.#alarm.cancel()
    client?.destroy(error, () => {})
  }
}
