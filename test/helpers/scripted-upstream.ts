import packet, { type Answer, type RecordType } from 'dns-packet'
import type { Clock } from '../../lib/base/clock.ts'
import { Health } from '../../lib/forward/health.ts'
import { readMessage } from '../../lib/dns/message.ts'
import type { Upstream } from '../../lib/forward/upstream.ts'
import { recordOf } from './zone-line.ts'

const RCODES: Readonly<Record<string, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 }

export type UpstreamState = 'up' | 'silent' | 'closed'

/**
 * An upstream that does what a test says, without sockets: a recursive server that knows the records it was given,
 * follows its own aliases, and denies all else with an SOA.
 */
export class ScriptedUpstream implements Upstream {
  readonly label: string
  readonly isPublic: boolean
  readonly health = new Health()
  readonly #clock: Clock
  #records: readonly Answer[] = []
  readonly #rcodes = new Map<string, number>()
  /** Names and types that it was asked for since they were last taken. */
  asked: string[] = []
  state: UpstreamState = 'up'
  delayMs = 0
  /** Whether it follows aliases. */
  chases = true
  /** Whether negative answers have an SOA. */
  givesSoa = true

  constructor(label: string, clock: Clock, isPublic = false) {
    this.label = label
    this.#clock = clock
    this.isPublic = isPublic
  }

  add(line: string): void {
    this.#records = [...this.#records, recordOf(line)]
  }

  remove(name: string): void {
    this.#records = this.#records.filter((record) => record.name !== bare(name))
    this.#rcodes.delete(bare(name))
  }

  fail(name: string, rcode: string): void {
    this.#rcodes.set(bare(name), RCODES[rcode] ?? 2)
  }

  exchange: Upstream['exchange'] = async ({ bytes, signal }) => {
    const query = packet.decode(bytes)
    const { name, type } = query.questions?.[0] ?? { name: '.', type: 'A' }
    this.asked.push(`${name.toLowerCase()}. ${type}`)
    if (this.state === 'closed') throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' })
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    signal.addEventListener('abort', () => reject(signal.reason))
    if (this.state === 'up') {
      const send = () => resolve(this.#reply(query, name.toLowerCase(), type))
      if (this.delayMs > 0) this.#clock.after(this.delayMs, send)
      else send()
    }
    return readMessage(await promise)
  }

  #reply(query: packet.Packet, name: string, type: RecordType): Buffer {
    const { answers, rcode, at } = this.#lookUp(name, type)
    const isNegative = (rcode === 0 || rcode === 3) && !answers.some((record) => record.type === type)
    const isWhole = this.chases || answers.length === 0
    return packet.encode({
      type: 'response',
      id: query.id ?? 0,
      flags: packet.RECURSION_AVAILABLE | packet.RECURSION_DESIRED | rcode,
      questions: query.questions ?? [],
      answers,
      authorities: isNegative && isWhole && this.givesSoa ? [soaOf(at)] : [],
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 1232,
          flags: 0,
          options: [],
          extendedRcode: 0,
          ednsVersion: 0,
          flag_do: false,
        },
      ],
    })
  }

  #lookUp(name: string, type: RecordType): { answers: Answer[]; rcode: number; at: string } {
    const answers: Answer[] = []
    for (let at = name; ; ) {
      const failure = this.#rcodes.get(at)
      if (failure !== undefined) return { answers, rcode: failure, at }
      const here = this.#records.filter((record) => record.name === at)
      const alias = here.find((record) => record.type === 'CNAME')
      const found = alias !== undefined && type !== 'CNAME' ? [alias] : here.filter((record) => record.type === type)
      const isCircle = answers.some((record) => found.includes(record))
      answers.push(...found)
      if (alias === undefined || type === 'CNAME' || isCircle || !this.chases) {
        const exists = this.#records.some((record) => record.name === at || record.name.endsWith(`.${at}`))
        return { answers, rcode: exists ? 0 : 3, at }
      }
      at = 'data' in alias && typeof alias.data === 'string' ? alias.data : at
    }
  }
}

const bare = (name: string): string => name.toLowerCase().replace(/\.$/, '')

function soaOf(name: string): Answer {
  const zone = name === '.' ? name : name.split('.').slice(-2).join('.')
  const below = (label: string) => (zone === '.' ? label : `${label}.${zone}`)
  const data = {
    mname: below('ns'),
    rname: below('admin'),
    serial: 1,
    refresh: 3600,
    retry: 600,
    expire: 86_400,
    minimum: 60,
  }
  return { type: 'SOA', name: zone, ttl: 60, data }
}
