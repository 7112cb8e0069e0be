import { BoundedMap } from '../../lib/base/bounded-map.ts'
import { Generations } from '../../lib/base/generations.ts'
import { type Answer, type AuthoredAnswer, authored, type Query } from '../../lib/dns/answer.ts'
import { RCODE } from '../../lib/dns/constants.ts'
import type { Image } from '../../lib/dns/image.ts'
import { formatName, parseName } from '../../lib/dns/name.ts'
import { addressRecord } from '../../lib/dns/record.ts'
import type { EdnsService } from '../../lib/server/client-options.ts'
import { Responder, type Service } from '../../lib/server/responder.ts'
import { MovedClock } from '../helpers/moved-clock.ts'

interface Limits {
  readonly deadlineMs?: number
  readonly allows?: (client: string) => boolean
  readonly edns?: EdnsService
  readonly aboutUs?: Service['aboutUs']
}

/** A real responder over answers that a test scripts. Every name has the address 10.0.0.1, unless the test says more. */
export class ScriptedResponder {
  readonly clock = new MovedClock()
  readonly generations = new Generations()
  readonly responder: Responder
  /** What got as far as being resolved. */
  readonly asked: Query[] = []
  readonly faults: unknown[] = []
  readonly #answers = new Map<string, () => Answer | undefined>()
  readonly #held = new Map<string, Promise<void>>()

  constructor(limits: Limits = {}) {
    this.responder = new Responder({
      service: this.service(limits),
      clock: this.clock,
      generations: this.generations,
      deadlineMs: limits.deadlineMs ?? 1800,
      onFault: (error) => void this.faults.push(error),
    })
  }

  /** A service over the same script, with images of its own. */
  service({ allows = () => true, edns, aboutUs }: Limits = {}): Service {
    const images = new BoundedMap<Image>({ maxEntries: 1000, maxBytes: 16 * 1024 * 1024 })
    const resolve = (query: Query) => this.#resolve(query)
    return { resolve, allows, images, prefetches: true, ...(edns && { edns }), ...(aboutUs && { aboutUs }) }
  }

  /** From now on this name gets this answer; `give` is called each time that it is resolved. */
  answer(name: string, give: () => Answer | undefined): void {
    this.#answers.set(parseName(name), give)
  }

  /** From now on this name is not answered before the returned function was called. */
  hold(name: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held.set(parseName(name), promise)
    return resolve
  }

  /** The names that were resolved, in order. */
  get names(): string[] {
    return this.asked.map(({ name }) => formatName(name))
  }

  async #resolve(query: Query): Promise<Answer | undefined> {
    this.asked.push(query)
    await this.#held.get(query.name)
    const give = this.#answers.get(query.name)
    return give === undefined ? addressesOf(query, ['10.0.0.1']) : give()
  }
}

/** What the asked name resolves to: these addresses. */
export function addressesOf({ name }: Pick<Query, 'name'>, addresses: readonly string[]): AuthoredAnswer {
  return authored({ rcode: RCODE.NOERROR, answer: addresses.map((address) => addressRecord(name, 5, address)) })
}
