import { Asker } from './asker.ts'
import { exchange } from './exchange.ts'
import { packetOf, type Question, questionText } from './question.ts'
import type { Case } from './rule.ts'
import type { Servers } from './servers.ts'
import { TYPES } from './types.ts'
import { readWire, type WireMessage } from './wire.ts'

const AT_A_TIME = 100
// Longer than all questions take together.
const KEPT_SECONDS = 100

/** Puts questions to all three servers, and remembers what was asked. */
export class Interrogation implements AsyncDisposable {
  readonly #ours: Asker
  readonly #unbound: Asker
  readonly #source: Asker
  readonly #fromSource = new Map<string, Promise<WireMessage>>()
  readonly #known = new Set<string>()

  private constructor(ours: Asker, unbound: Asker, source: Asker) {
    this.#ours = ours
    this.#unbound = unbound
    this.#source = source
  }

  static async open({ ours, unbound, source }: Servers): Promise<Interrogation> {
    return new Interrogation(await Asker.open(ours), await Asker.open(unbound), await Asker.open(source))
  }

  /** Asks them all, many at a time. What fails is told with the question. */
  async ask(questions: readonly Question[], onCase: (of: Case) => void): Promise<void> {
    const left = questions.values()
    const work = async (): Promise<void> => {
      for (const question of left) {
        try {
          onCase(await this.#case(question))
        } catch (error) {
          throw new Error(questionText(question), { cause: error })
        }
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, work))
  }

  /** Queries that were sent once more for want of a reply. */
  get repeated(): string {
    const text = ([name, { repeated }]: readonly [string, Asker]) => `${name} ${repeated.udp} UDP, ${repeated.tcp} TCP`
    return (
      [
        ['ours', this.#ours],
        ['Unbound', this.#unbound],
        ['NSD', this.#source],
      ] as const
    )
      .map(text)
      .join('; ')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#ours, this.#unbound, this.#source].map((asker) => asker[Symbol.asyncDispose]()))
  }

  async #case(question: Question): Promise<Case> {
    const key = keyOf(question)
    const isKnown = this.#known.has(key)
    const [ours, unbound, source] = await Promise.all([
      exchange(this.#ours, question),
      exchange(this.#unbound, question),
      this.#askSource(question),
    ])
    if (question.recursionDesired && keptSeconds(source, question) >= KEPT_SECONDS) this.#known.add(key)
    return { ours, unbound, source, isKnown }
  }

  // As a forwarder asks it, but over TCP, so that nothing is left out; once, as it has nothing to forget.
  #askSource(question: Question): Promise<WireMessage> {
    const { name, type, class: cls, edns } = question
    const dnssecOk = edns?.dnssecOk === true
    const key = `${name.toLowerCase()} ${type} ${cls} ${dnssecOk}`
    const known = this.#fromSource.get(key)
    if (known !== undefined) return known
    const asked = { ...question, strayFlags: 0, edns: { ...PLAIN_EDNS, dnssecOk } }
    const reply = this.#source.ask(packetOf(asked), true).then(readWire)
    this.#fromSource.set(key, reply)
    return reply
  }
}

const PLAIN_EDNS = { payloadOctets: 1232, version: 0, strayFlags: 0, options: Buffer.alloc(0) }

// Everything that an answer may depend on.
const keyOf = ({ name, type, class: cls, checkingDisabled, edns }: Question): string =>
  `${name.toLowerCase()} ${type} ${cls} ${checkingDisabled} ${edns?.dnssecOk === true}`

/** How long an answer may be kept (RFC 2308 §5): negative ones only with an SOA. */
function keptSeconds({ rcode, records }: WireMessage, { type }: Question): number {
  const isPositive = records.some((record) => record.section === 'answer' && record.type === type)
  const isNegative = records.some((record) => record.section === 'authority' && record.type === TYPES.SOA)
  const isKept = rcode === 3 || rcode === 0 ? isPositive || isNegative : false
  return isKept ? Math.min(...records.map(({ ttlSeconds }) => ttlSeconds)) : 0
}
