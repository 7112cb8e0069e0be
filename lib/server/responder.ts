import type { BoundedMap } from '../base/bounded-map.ts'
import type { Clock } from '../base/clock.ts'
import type { Evidence, Generations } from '../base/generations.ts'
import type { Answer, Query, Resolve } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { EDE, encodeExtendedErrors } from '../dns/extended-error.ts'
import { ADMIT, DROP, Gate } from '../dns/gate.ts'
import { type Image, imageOf } from '../dns/image.ts'
import { rejection, replyFromImage, replyLimit } from '../dns/reply.ts'
import type { Carrier } from './carrier.ts'
import { ResponderCounters } from './responder-counters.ts'

/**
 * Answers one packet: at once with the reply, later, or with `undefined` not at all. The reply belongs to the caller.
 * `client` is the address that it came from.
 */
export type Respond = (packet: Buffer, client: string, carrier: Carrier) => Buffer | Promise<Buffer> | undefined

/** What a change of the configuration exchanges, as a whole. */
export interface Service {
  readonly resolve: Resolve
  /** Whether this client may ask at all. */
  readonly allows: (client: string) => boolean
  readonly images: BoundedMap<Image>
  /** Whether answers that are sent often are asked for anew before they have run down. */
  readonly prefetches: boolean
  /** Is told of each query that was answered, and how. */
  readonly observe?: Observe
}

interface Observed {
  readonly client: string
  readonly carrier: Carrier
  /** 0 if the query has no question that could be read. */
  readonly type: number
  readonly queryOctets: number
  readonly tookMs: number
}

export type Observe = (reply: Buffer, of: Observed) => void

interface Options {
  readonly service: Service
  readonly clock: Clock
  readonly generations: Generations
  /** One deadline for the whole answer, all links of a chain together. */
  readonly deadlineMs: number
  readonly onFault: (error: unknown, query: Query) => void
}

const IMAGE_OVERHEAD_BYTES = 900 // objects around the octets, by test/bench/weigh.ts

// An answer that was sent so often is worth an early look at what comes after it.
const POPULAR_HITS = 2
const MAX_PREFETCHES = 256

const NOT_ALLOWED = encodeExtendedErrors([{ code: EDE.PROHIBITED, text: 'this client may not ask here' }])

/**
 * From packet to reply, whatever the transport: gate, access, images; what no image answers goes through the chain.
 * What was answered before is answered synchronously, bytes in and bytes out.
 */
export class Responder {
  readonly counters = new ResponderCounters()
  readonly #gate = new Gate()
  readonly #options: Options
  #service: Service
  #inFlight = 0
  #prefetching = 0

  constructor(options: Options) {
    this.#options = options
    this.#service = options.service
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get images(): BoundedMap<Image> {
    return this.#service.images
  }

  /** From now on; queries under way are answered by what they began with. */
  exchange(service: Service): void {
    this.#service = service
  }

  readonly respond: Respond = (packet, client, carrier) => {
    const { observe } = this.#service
    return observe === undefined
      ? this.#respond(packet, client, carrier)
      : this.#observed(packet, client, carrier, observe)
  }

  #observed(packet: Buffer, client: string, carrier: Carrier, observe: Observe): ReturnType<Respond> {
    const { clock } = this.#options
    const startedMs = clock.now()
    const reply = this.#respond(packet, client, carrier)
    const { type } = this.#gate
    const tell = (octets: Buffer): Buffer => {
      observe(octets, { client, carrier, type, queryOctets: packet.length, tookMs: clock.now() - startedMs })
      return octets
    }
    return reply instanceof Promise ? reply.then(tell) : reply && tell(reply)
  }

  #respond(packet: Buffer, client: string, carrier: Carrier): ReturnType<Respond> {
    const gate = this.#gate
    const verdict = gate.admit(packet)
    this.counters.request(carrier.overUdp, gate.type)
    if (verdict === DROP) {
      this.counters.dropped++
      return undefined
    }
    if (verdict !== ADMIT) return this.#reject(packet, verdict)
    if (!this.#service.allows(client)) return this.#reject(packet, RCODE.REFUSED, NOT_ALLOWED)
    const key = gate.key()
    const image = this.#service.images.get(key)
    const nowMs = this.#options.clock.now()
    if (image !== undefined && nowMs < image.expiresAtMs && this.#holds(image.evidence)) {
      this.counters.fromImage++
      image.uses.count++
      const reply = this.#reply(packet, image, nowMs, carrier)
      if (nowMs >= image.refreshAtMs && image.uses.count >= POPULAR_HITS) this.#prefetch(packet, key, image)
      return reply
    }
    return this.#resolve(packet, key, client, carrier)
  }

  async #resolve(packet: Buffer, key: string, client: string, carrier: Carrier): Promise<Buffer> {
    const { clock } = this.#options
    const service = this.#service
    const startedMs = clock.now()
    const query = this.#gate.query(packet, startedMs + this.#options.deadlineMs, client)
    this.#inFlight++
    let image: Image | undefined
    let isWorthKeeping = false
    try {
      const answer = await service.resolve(query)
      image = answer && this.#imageOf(query, answer)
      isWorthKeeping = answer?.kind === 'authored' || (answer?.uses.count ?? 0) > 0
    } catch (error) {
      this.counters.faults++
      this.#options.onFault(error, query)
    } finally {
      this.#inFlight--
    }
    const nowMs = clock.now()
    this.counters.duration(nowMs - startedMs)
    this.#gate.admit(packet)
    if (image === undefined) return this.#reject(packet, RCODE.SERVFAIL)
    // A message is kept already; most names are asked for once, and what is kept costs more than what is not.
    if (isWorthKeeping) this.#keep(service, key, image)
    return this.#reply(packet, image, nowMs, carrier)
  }

  #keep({ images }: Service, key: string, image: Image): void {
    if (this.#options.clock.now() >= image.expiresAtMs || !this.#holds(image.evidence)) return
    images.set(key, image, image.bytes.length + IMAGE_OVERHEAD_BYTES)
  }

  // Once for each image, and for nobody: who asks meanwhile is answered by what there is.
  #prefetch(packet: Buffer, key: string, image: Image): void {
    const service = this.#service
    if (!service.prefetches || this.#prefetching >= MAX_PREFETCHES) return
    image.refreshAtMs = Number.POSITIVE_INFINITY
    this.counters.prefetches++
    this.#prefetching++
    const query = { ...this.#gate.query(packet, this.#options.clock.now() + this.#options.deadlineMs), refresh: true }
    Promise.resolve(service.resolve(query))
      .then((answer) => answer && this.#keep(service, key, this.#imageOf(query, answer)))
      .catch((error: unknown) => {
        this.counters.faults++
        this.#options.onFault(error, query)
      })
      .finally(() => this.#prefetching--)
  }

  #imageOf(query: Query, answer: Answer): Image {
    const image = imageOf(query, answer)
    this.counters.recordsDropped += image.dropped
    return image
  }

  #holds(evidence: readonly Evidence[]): boolean {
    for (let i = 0; i < evidence.length; i++) {
      if (!this.#options.generations.holds(evidence[i] as Evidence)) return false
    }
    return true
  }

  #reply(packet: Buffer, image: Image, nowMs: number, carrier: Carrier): Buffer {
    const limit = replyLimit(this.#gate, carrier.overUdp)
    const reply = replyFromImage(packet, this.#gate, image, { limit, nowMs })
    this.counters.response(reply)
    return reply
  }

  #reject(packet: Buffer, rcode: number, options?: Buffer): Buffer {
    const reply = rejection(packet, this.#gate, rcode, options)
    this.counters.response(reply, rcode >> 4)
    return reply
  }
}
