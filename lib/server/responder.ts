import type { BoundedMap } from '../base/bounded-map.ts'
import type { Clock } from '../base/clock.ts'
import type { Evidence, Generations } from '../base/generations.ts'
import type { Answer, AuthoredAnswer, Query, Resolve } from '../dns/answer.ts'
import { CLASS_CHAOS, RCODE } from '../dns/constants.ts'
import { NO_OWN_OPTIONS } from '../dns/edns/own-options.ts'
import { EDE, encodeExtendedErrors } from '../dns/extended-error.ts'
import { ADMIT, DROP, Gate } from '../dns/gate.ts'
import { type Image, imageOf } from '../dns/image.ts'
import type { Name } from '../dns/name.ts'
import { type Rejecting, rejection, replyFromImage, replyLimit, type To } from '../dns/reply.ts'
import type { Carrier } from './carrier.ts'
import { answerableOptions, type Asker, type EdnsService, type Judged, judgeOptions } from './client-options.ts'
import { ResponderCounters } from './responder-counters.ts'

/**
 * Answers one packet: at once with the reply, which may be in the carrier's room, later, or with `undefined` not at all.
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
  /** What there is for clients that ask by an option of EDNS; nothing that has to be configured if left out. */
  readonly edns?: EdnsService
  /** What is known of ourselves, for class CH (RFC 4892); undefined: that is nobody's business. */
  readonly aboutUs?: ((name: Name, type: number) => AuthoredAnswer | undefined) | undefined
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
const NO_EDNS: EdnsService = {}

const NOT_ALLOWED = { why: encodeExtendedErrors([{ code: EDE.PROHIBITED, text: 'this client may not ask here' }]) }

/**
 * From packet to reply, whatever the transport: gate, access, images; what no image answers goes through the chain.
 * What was answered before is answered synchronously, bytes in and bytes out.
 */
export class Responder {
  readonly counters = new ResponderCounters()
  readonly #gate = new Gate()
  readonly #options: Options
  #service: Service
  #answerable: number
  #inFlight = 0
  #prefetching = 0

  constructor(options: Options) {
    this.#options = options
    this.#service = options.service
    this.#answerable = answerableOptions(options.service.edns ?? NO_EDNS)
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
    this.#answerable = answerableOptions(service.edns ?? NO_EDNS)
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
    const { room } = carrier
    const verdict = gate.admit(packet)
    this.counters.request(carrier.overUdp, gate.type)
    if (verdict === DROP) {
      this.counters.dropped++
      return undefined
    }
    if (verdict !== ADMIT) return this.#exception(packet, verdict, client, carrier)
    if (!this.#service.allows(client)) return this.#reject(packet, carrier, RCODE.REFUSED, NOT_ALLOWED)
    let own = NO_OWN_OPTIONS
    if ((gate.options.asked & this.#answerable) !== 0) {
      const judged = this.#judge(packet, client, carrier)
      if (judged.rcode !== undefined) return this.#reject(packet, carrier, judged.rcode, judged)
      own = judged.own
    }
    const key = gate.key()
    const image = this.#service.images.get(key)
    const nowMs = this.#options.clock.now()
    if (image !== undefined && nowMs < image.expiresAtMs && this.#holds(image.evidence)) {
      this.counters.fromImage++
      image.uses.count++
      const reply = this.#reply(packet, image, { limit: replyLimit(gate, carrier.overUdp), nowMs, own, room })
      if (nowMs >= image.refreshAtMs && image.uses.count >= POPULAR_HITS) this.#prefetch(packet, key, image)
      return reply
    }
    return this.#workOut(packet, key, { client, carrier, own })
  }

  #workOut(packet: Buffer, key: string, asker: Asker): Promise<Buffer> | undefined {
    return asker.carrier.affords?.(asker.client) === false ? undefined : this.#resolve(packet, key, asker)
  }

  // What is not let in for want of a question, or of class IN, may have an answer that needs neither.
  #exception(packet: Buffer, verdict: number, client: string, carrier: Carrier): Buffer {
    const { edns, aboutUs, allows } = this.#service
    const { isForCookie, class: asked } = this.#gate
    const isAboutUs = verdict === RCODE.REFUSED && asked === CLASS_CHAOS && aboutUs !== undefined
    if (!isAboutUs && !(isForCookie && edns?.cookies)) return this.#reject(packet, carrier, verdict)
    if (!allows(client)) return this.#reject(packet, carrier, RCODE.REFUSED, NOT_ALLOWED)
    const judged = this.#judge(packet, client, carrier)
    if (judged.rcode !== undefined) return this.#reject(packet, carrier, judged.rcode, judged)
    const nowMs = this.#options.clock.now()
    const query = this.#gate.query(packet, nowMs)
    const answer = aboutUs?.(query.name, query.type)
    if (answer === undefined) return this.#reject(packet, carrier, verdict, judged)
    const limit = replyLimit(this.#gate, carrier.overUdp)
    return this.#reply(packet, this.#imageOf(query, answer), { limit, nowMs, own: judged.own })
  }

  #judge(packet: Buffer, client: string, carrier: Carrier): Judged {
    const judged = judgeOptions(this.#gate, { packet, client, carrier }, this.#service.edns ?? NO_EDNS)
    if (judged.cookie !== undefined) this.counters.cookies[judged.cookie]++
    return judged
  }

  async #resolve(packet: Buffer, key: string, { client, carrier, own }: Asker): Promise<Buffer> {
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
    if (image === undefined) return this.#reject(packet, carrier, RCODE.SERVFAIL, { own })
    // A message is kept already; most names are asked for once, and what is kept costs more than what is not.
    if (isWorthKeeping) this.#keep(service, key, image)
    return this.#reply(packet, image, { limit: replyLimit(this.#gate, carrier.overUdp), nowMs, own })
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

  #reply(packet: Buffer, image: Image, to: To): Buffer {
    const reply = replyFromImage(packet, this.#gate, image, to)
    this.counters.response(reply)
    return reply
  }

  #reject(packet: Buffer, carrier: Carrier, rcode: number, parts: Rejecting = {}): Buffer {
    const limit = replyLimit(this.#gate, carrier.overUdp)
    const reply = rejection(packet, this.#gate, rcode, { ...parts, limit })
    this.counters.response(reply, rcode >> 4)
    return reply
  }
}
