import type { Exchange } from './exchange.ts'
import { TYPES } from './types.ts'
import type { WireMessage, WireRecord } from './wire.ts'

type Section = WireRecord['section']

/** One respect in which two answers to the same question differ. */
export interface Difference {
  readonly what:
    | 'rcode'
    | 'AA'
    | 'TC'
    | 'RD'
    | 'RA'
    | 'AD'
    | 'CD'
    | 'Z'
    | 'opcode'
    | 'question'
    | 'OPT'
    | 'options'
    | Section
    | 'order'
    | 'TTL'
  readonly ours: string
  readonly theirs: string
  /** Records that only one of them has, TTLs aside. */
  readonly onlyOurs: readonly WireRecord[]
  readonly onlyTheirs: readonly WireRecord[]
}

const FLAGS = { AA: 0x400, TC: 0x200, RD: 0x100, RA: 0x80, AD: 0x20, CD: 0x10, Z: 0x40, opcode: 0x7800 } as const

/** How much less, and more, than theirs our TTL of the same record may be. */
interface TtlRange {
  readonly lessBySeconds: number
  readonly moreBySeconds: number
}

/** All respects. TTLs are compared of records that both have. */
export function differences(ours: Exchange, theirs: Exchange, range: TtlRange): Difference[] {
  return [
    ...scalar('rcode', ours.whole.rcode, theirs.whole.rcode),
    ...(['AA', 'RD', 'RA', 'AD', 'CD', 'Z', 'opcode'] as const).flatMap((flag) =>
      flagOf(flag, ours.whole, theirs.whole),
    ),
    ...flagOf('TC', ours.first, theirs.first),
    ...scalar('question', ours.whole.question.toString('hex'), theirs.whole.question.toString('hex')),
    ...scalar('OPT', optText(ours.whole), optText(theirs.whole)),
    ...scalar('options', String(ours.whole.opt?.options ?? ''), String(theirs.whole.opt?.options ?? '')),
    ...(['answer', 'authority', 'additional'] as const).flatMap((section) => setOf(section, ours.whole, theirs.whole)),
    ...scalar('order', aliasOrder(ours.whole), aliasOrder(theirs.whole)),
    ...ttls(ours.whole, theirs.whole, range),
  ]
}

function scalar(what: Difference['what'], ours: string | number, theirs: string | number): Difference[] {
  return ours === theirs ? [] : [{ what, ours: String(ours), theirs: String(theirs), onlyOurs: [], onlyTheirs: [] }]
}

const flagOf = (flag: keyof typeof FLAGS, ours: WireMessage, theirs: WireMessage): Difference[] =>
  scalar(flag, (ours.flags & FLAGS[flag]) === 0 ? 0 : 1, (theirs.flags & FLAGS[flag]) === 0 ? 0 : 1)

const optText = ({ opt }: WireMessage): string =>
  opt === undefined
    ? 'none'
    : `version ${opt.version}, ${opt.payloadOctets} octets${opt.flags === 0 ? '' : `, flags ${opt.flags}`}`

/** The records of a section, as far as only one message has them. */
function setOf(section: Section, ours: WireMessage, theirs: WireMessage): Difference[] {
  const [mine, yours] = [inSection(ours, section), inSection(theirs, section)]
  const onlyOurs = without(mine, yours)
  const onlyTheirs = without(yours, mine)
  if (onlyOurs.length === 0 && onlyTheirs.length === 0) return []
  return [{ what: section, ours: recordTexts(onlyOurs), theirs: recordTexts(onlyTheirs), onlyOurs, onlyTheirs }]
}

export const inSection = ({ records }: WireMessage, section: Section): WireRecord[] =>
  records.filter((record) => record.section === section)

const identity = ({ owner, type, class: cls, rdata }: WireRecord): string => `${type} ${cls} ${owner} ${rdata}`

function without(records: readonly WireRecord[], others: readonly WireRecord[]): WireRecord[] {
  const left = new Map<string, number>()
  for (const other of others) left.set(identity(other), (left.get(identity(other)) ?? 0) + 1)
  return records.filter((record) => {
    const count = left.get(identity(record)) ?? 0
    left.set(identity(record), count - 1)
    return count <= 0
  })
}

// CNAMEs come in the order of the chain; the records they lead to may come in any order, but behind them.
function aliasOrder(message: WireMessage): string {
  const answer = inSection(message, 'answer').filter(({ type }) => type !== TYPES.RRSIG && type !== TYPES.DNAME)
  const aliases = answer.filter(({ type }) => type === TYPES.CNAME)
  const isFirst = answer.slice(0, aliases.length).every(({ type }) => type === TYPES.CNAME)
  return `${isFirst ? '' : 'CNAME behind others '}${aliases.map(({ owner }) => JSON.stringify(owner)).join(' ')}`
}

// The first one that is out of range tells enough.
function ttls(ours: WireMessage, theirs: WireMessage, { lessBySeconds, moreBySeconds }: TtlRange): Difference[] {
  const known = new Map(theirs.records.map((record) => [record.section + identity(record), record]))
  for (const record of ours.records) {
    const other = known.get(record.section + identity(record))
    const more = record.ttlSeconds - (other?.ttlSeconds ?? 0)
    if (other !== undefined && (more > moreBySeconds || -more > lessBySeconds)) {
      const [mine, yours] = [`${record.ttlSeconds} ${recordText(record)}`, String(other.ttlSeconds)]
      return [{ what: 'TTL', ours: mine, theirs: yours, onlyOurs: [record], onlyTheirs: [other] }]
    }
  }
  return []
}

const recordText = ({ owner, type, rdata }: WireRecord): string =>
  `${JSON.stringify(owner)} TYPE${type} ${Buffer.from(rdata.slice(0, 40), 'latin1').toString('hex')}`

const recordTexts = (records: readonly WireRecord[]): string =>
  `${records.length} records: ${records.slice(0, 4).map(recordText).join('; ')}`
