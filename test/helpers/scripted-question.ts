import packet, { type RecordType } from 'dns-packet'
import { TYPE } from '../../lib/dns/constants.ts'
import { lineOf } from './zone-line.ts'

/** How a question is put, beside its name and type. */
export interface AskOptions {
  readonly dnssecOk?: boolean
  readonly checkingDisabled?: boolean
  readonly wantsAd?: boolean
  readonly recursionDesired?: boolean
  readonly from?: string
}

/** What a client sees of a reply. */
export interface SeenReply {
  readonly rcode: string
  readonly aa: boolean
  readonly ad: boolean
  readonly cd: boolean
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  readonly ede: readonly number[]
  /** The texts of the extended errors. */
  readonly reasons: readonly string[]
}

const EDE_OPTION: unknown = 15
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** A query with EDNS, so that every error is seen. */
export function queryOf(name: string, type: string, id: number, options: AskOptions): Buffer {
  const { dnssecOk = false, checkingDisabled = false, recursionDesired = true, wantsAd = false } = options
  const questions = [{ name: name.replace(/\.$/, ''), type: packetType(type) }]
  const edns = { extendedRcode: 0, ednsVersion: 0, flag_do: dnssecOk, options: [] }
  const opt = { type: 'OPT' as const, name: '.' as const, udpPayloadSize: 1232, flags: dnssecOk ? 0x8000 : 0, ...edns }
  const flags =
    (recursionDesired ? packet.RECURSION_DESIRED : 0) |
    (checkingDisabled ? packet.CHECKING_DISABLED : 0) |
    (wantsAd ? packet.AUTHENTIC_DATA : 0)
  return packet.encode({ type: 'query', id, flags, questions, additionals: [opt] })
}

// To dns-packet, a type that it does not know is none at all.
const UNKNOWN_TO_PACKET: ReadonlyMap<string, number> = new Map([
  ['HTTPS', TYPE.HTTPS],
  ['SVCB', TYPE.SVCB],
])

const packetType = (type: string): RecordType => {
  const number = UNKNOWN_TO_PACKET.get(type)
  return (number === undefined ? type : `UNKNOWN_${number}`) as RecordType
}

export function seenReply(bytes: Buffer): SeenReply {
  const { flags = 0, answers = [], authorities = [], additionals = [] } = packet.decode(bytes)
  const errors = additionals.flatMap((record) => (record.type === 'OPT' ? errorsOf(record.options) : []))
  return {
    rcode: RCODES[flags & 0xf] ?? String(flags & 0xf),
    aa: (flags & packet.AUTHORITATIVE_ANSWER) !== 0,
    ad: (flags & packet.AUTHENTIC_DATA) !== 0,
    cd: (flags & packet.CHECKING_DISABLED) !== 0,
    answer: answers.map(lineOf),
    authority: authorities.map(lineOf),
    additional: additionals.filter(({ type }) => type !== 'OPT').map(lineOf),
    ede: errors.map(({ code }) => code),
    reasons: errors.map(({ text }) => text),
  }
}

const errorsOf = (options: readonly packet.PacketOpt[]): { code: number; text: string }[] =>
  options.flatMap((option) =>
    option.code === EDE_OPTION && 'data' in option && Buffer.isBuffer(option.data)
      ? [{ code: option.data.readUInt16BE(0), text: option.data.toString('utf8', 2) }]
      : [],
  )
