import packet, { type Answer, type RecordType } from 'dns-packet'
import type { Clock } from '../../lib/base/clock.ts'
import { RCODE } from '../../lib/dns/constants.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { Health } from '../../lib/forward/health.ts'
import type { Upstream } from '../../lib/forward/upstream.ts'
import { ScriptedZone } from './scripted-zone.ts'
import { repeatableRandom } from './world-parts.ts'

const RCODES: Readonly<Record<string, number>> = RCODE

/** `leads-back`: what is sent there comes to ourselves. */
export type UpstreamState = 'up' | 'silent' | 'closed' | 'leads-back'

/**
 * An upstream that does what a test says, without sockets: a recursive server that knows the records it was given,
 * follows its own aliases, and denies all else with an SOA.
 */
export class ScriptedUpstream implements Upstream {
  readonly label: string
  readonly isPublic: boolean
  readonly isReliable = false
  readonly health = new Health()
  readonly zone = new ScriptedZone()
  readonly #clock: Clock
  readonly #random = repeatableRandom(3)
  readonly #rcodes = new Map<string, number>()
  readonly #reasons = new Map<string, number>()
  readonly #bogus = new Set<string>()
  readonly #ignored = new Set<string>()
  /** Names and types that it was asked for, with the flags of the question. */
  readonly asked: string[] = []
  state: UpstreamState = 'up'
  delayMs = 0
  /** The share of packets that are lost on the way. */
  loss = 0
  /** Whether negative answers have an SOA. */
  givesSoa = true
  knowsEdns = true
  /** Whether it validates: AD, and signatures for whoever wants them. */
  signs = false
  /** Answers what is sent to ourselves. */
  ourselves: (bytes: Buffer) => Promise<Buffer> = () => Promise.reject(new Error('there is nobody'))

  constructor(label: string, clock: Clock, isPublic = false) {
    this.label = label
    this.#clock = clock
    this.isPublic = isPublic
  }

  remove(name: string): void {
    this.zone.remove(name)
    this.#rcodes.delete(bare(name))
  }

  /** `everything` is all names. */
  fail(name: string, rcode: string): void {
    this.#rcodes.set(bare(name), RCODES[rcode] ?? Number.NaN)
  }

  /** Replies about this name have an extended error. */
  explain(name: string, code: number): void {
    this.#reasons.set(bare(name), code)
  }

  /** The signatures of this name are wrong. */
  bogus(name: string): void {
    this.#bogus.add(bare(name))
  }

  /** Questions for this name get no reply. */
  ignore(name: string): void {
    this.#ignored.add(bare(name))
  }

  /** All is well again. */
  work(): void {
    this.state = 'up'
    this.delayMs = this.loss = 0
    this.#rcodes.clear()
    this.#ignored.clear()
  }

  exchange: Upstream['exchange'] = async ({ bytes, signal }) => {
    const query = packet.decode(bytes)
    const { name, type } = query.questions?.[0] ?? { name: '.', type: 'A' }
    this.asked.push(`${name === '.' ? '' : name.toLowerCase()}. ${type}${flagsOf(query)}`)
    if (this.state === 'closed') throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' })
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    signal.addEventListener('abort', () => reject(signal.reason))
    const isLost = this.#random() < this.loss * 65_536 || this.#ignored.has(bare(name))
    if (this.state === 'leads-back') this.ourselves(bytes).then(resolve, reject)
    else if (this.state === 'up' && !isLost) {
      const send = () => resolve(this.#reply(query, name.toLowerCase(), type))
      if (this.delayMs > 0) this.#clock.after(this.delayMs, send)
      else send()
    }
    return readMessage(await promise)
  }

  #reply(query: packet.Packet, name: string, type: RecordType): Buffer {
    const hasOpt = (query.additionals ?? []).some((record) => record.type === 'OPT')
    if (hasOpt && !this.knowsEdns) return replyTo(query, { rcode: RCODE.FORMERR })
    const found = this.zone.lookUp(name, type, (here) => this.#failureAt(here, hasCd(query)))
    const reason = this.#reasons.get(name)
    return replyTo(query, {
      rcode: found.rcode,
      ...this.#signed(found.answers, query, this.#failureAt(name, hasCd(query)) === undefined),
      authorities: this.givesSoa && this.zone.isDenial(found, type) ? [this.zone.soaOf(found.at)] : [],
      ...(this.knowsEdns && { options: reason === undefined ? [] : [extendedError(reason)] }),
    })
  }

  #signed(answers: Answer[], query: packet.Packet, isGood: boolean): Pick<ReplyParts, 'flags' | 'answers'> {
    if (!this.signs || !isGood) return { answers }
    const flags = packet.AUTHENTIC_DATA
    return { flags, answers: wantsSignatures(query) ? answers.flatMap((one) => [one, signatureOf(one)]) : answers }
  }

  #failureAt(name: string, checkingDisabled: boolean): number | undefined {
    if (this.#bogus.has(name) && !checkingDisabled) return RCODE.SERVFAIL
    return this.#rcodes.get(name) ?? this.#rcodes.get('everything')
  }
}

const bare = (name: string): string => name.toLowerCase().replace(/\.$/, '')

const wantsSignatures = ({ additionals = [] }: packet.Packet): boolean =>
  additionals.some((record) => record.type === 'OPT' && record.flag_do)

const hasCd = ({ flags = 0 }: packet.Packet): boolean => (flags & packet.CHECKING_DISABLED) !== 0

// As stories write them.
const flagsOf = (query: packet.Packet): string => {
  const hasAd = ((query.flags ?? 0) & packet.AUTHENTIC_DATA) !== 0
  return `${wantsSignatures(query) ? ' +do' : ''}${hasCd(query) ? ' +cd' : ''}${hasAd ? ' +ad' : ''}`
}

interface ReplyParts {
  readonly rcode: number
  readonly flags?: number
  readonly answers?: Answer[]
  readonly authorities?: Answer[]
  /** Of OPT; left out for none. */
  readonly options?: packet.PacketOpt[]
}

function replyTo(
  query: packet.Packet,
  { rcode, flags = 0, answers = [], authorities = [], options }: ReplyParts,
): Buffer {
  const edns = { udpPayloadSize: 1232, flags: 0, extendedRcode: rcode >> 4, ednsVersion: 0, flag_do: false }
  return packet.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: packet.RECURSION_AVAILABLE | packet.RECURSION_DESIRED | flags | (rcode & 0xf),
    questions: query.questions ?? [],
    answers,
    authorities,
    additionals: options === undefined ? [] : [{ type: 'OPT', name: '.', ...edns, options }],
  })
}

function extendedError(code: number): packet.PacketOpt {
  const data = Buffer.from([code >> 8, code & 0xff, ...Buffer.from('as the upstream says')])
  return { code: 15, data } as unknown as packet.PacketOpt
}

function signatureOf({ name, type, ...record }: Answer): Answer {
  const ttl = 'ttl' in record ? (record.ttl ?? 0) : 0
  const times = { originalTTL: ttl, expiration: 2_000_000_000, inception: 1_000_000_000 }
  const signer = { algorithm: 13, labels: name.split('.').length, keyTag: 1, signersName: 'org' }
  const data = { typeCovered: type, ...signer, ...times, signature: Buffer.alloc(64, 1) }
  return { name, type: 'RRSIG', ttl, data }
}
