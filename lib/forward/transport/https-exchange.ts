import { messageOf } from '../../base/error-text.ts'
import { MAX_MESSAGE_OCTETS } from '../../dns/constants.ts'
import { isReply } from './is-reply.ts'
import { padded } from './padding.ts'
import type { TransportQuery } from './transport.ts'

const MEDIA_TYPE = 'application/dns-message'
// A question of ours always has this id here, so that whoever caches replies on the way sees equal ones (RFC 8484 §4.1).
const WIRE_ID = 0

export const REQUEST_HEADERS = { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE }

/** What a request is stopped by. */
interface Stop {
  abort(reason: Error): void
}

interface Headers {
  readonly [name: string]: string | string[] | undefined
}

/** Who is told what comes of an exchange. */
export interface HttpsObserver {
  /** For messages. */
  readonly label: string
  /** Something of the server came. */
  readonly onHeard: () => void
  readonly onMismatch: () => void
  /** The request failed on the way, and nothing has been said of it. Whether it is sent again. */
  readonly onLost: (exchange: HttpsExchange) => boolean
  /** Nobody waits for it any more, whatever became of it. */
  readonly onSettled: (exchange: HttpsExchange) => void
}

/** One question and its reply as an HTTP request and response (RFC 8484). */
export class HttpsExchange {
  readonly body: Buffer
  readonly #query: TransportQuery
  readonly #observer: HttpsObserver
  readonly #outcome = Promise.withResolvers<Buffer>()
  #isSettled = false
  #stop: Stop | undefined
  #chunks: Buffer[] = []
  #octets = 0
  /** Whether it was sent again already. */
  wasLost = false

  constructor(query: TransportQuery, observer: HttpsObserver) {
    this.#query = query
    this.#observer = observer
    this.body = Buffer.from(padded(query.bytes))
    this.body.writeUInt16BE(WIRE_ID, 0)
    query.signal.addEventListener('abort', this)
  }

  get reply(): Promise<Buffer> {
    return this.#outcome.promise
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** The signal says so. */
  handleEvent(): void {
    this.fail(this.#query.signal.reason)
  }

  /** Ends it, and the request with it. */
  fail(reason: unknown): void {
    if (!this.#settle()) return
    this.#outcome.reject(reason)
    this.#stop?.abort(reason instanceof Error ? reason : new Error(messageOf(reason)))
  }

  /** It is on its way, perhaps again. */
  start(stop: Stop): void {
    this.#stop = stop
    this.#chunks = []
    this.#octets = 0
    if (this.#isSettled) stop.abort(new Error('nobody waits for it'))
  }

  takeHead(status: number, headers: Headers): void {
    this.#observer.onHeard()
    if (status < 200) return
    const type = String(headers['content-type'] ?? '')
    if (status !== 200) this.#refuse(`replied with HTTP status ${status}`)
    else if (type.split(';')[0]?.trim().toLowerCase() !== MEDIA_TYPE) this.#refuse(`replied with "${type}", not DNS`)
  }

  takeBody(chunk: Buffer): void {
    this.#observer.onHeard()
    this.#octets += chunk.length
    if (this.#octets > MAX_MESSAGE_OCTETS) this.#refuse('replied with more than a DNS message can hold')
    else this.#chunks.push(chunk)
  }

  finish(): void {
    const reply = Buffer.concat(this.#chunks)
    if (!isReply(reply, this.#query.bytes, WIRE_ID, false)) {
      this.#observer.onMismatch()
      return this.#refuse('replied to something else than what was asked')
    }
    reply.writeUInt16BE(this.#query.bytes.readUInt16BE(0), 0)
    if (this.#settle()) this.#outcome.resolve(reply)
  }

  lose(error: Error): void {
    this.#stop = undefined
    if (this.#isSettled || this.#observer.onLost(this)) return
    this.fail(error)
  }

  #refuse(what: string): void {
    this.fail(new Error(`${this.#observer.label} ${what}`))
  }

  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#chunks = []
    this.#query.signal.removeEventListener('abort', this)
    this.#observer.onSettled(this)
    return true
  }
}
