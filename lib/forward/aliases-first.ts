import { TYPE } from '../dns/constants.ts'
import { type Message, type PlacedRecord, readMessage } from '../dns/message.ts'
import { isAtOrBelow, type Name } from '../dns/name.ts'
import { readName } from '../dns/read-name.ts'
import { rewritten } from './rewritten.ts'

/**
 * The message with the aliases of its answer in the order in which they lead on, each before what it leads to: clients
 * that read an answer once, from the first record to the last, find nothing otherwise. The same object where that is so
 * already, as it nearly always is; else one without OPT.
 */
export function aliasesFirst(message: Message): Message {
  if (message.question.type === TYPE.CNAME || isInOrder(message)) return message
  const { records } = message
  const chain = chainOf(message)
  const placeOf = (record: PlacedRecord): number => {
    if (record.section !== 'answer') return chain.length + 1
    // A DNAME stands at a name above the one that it has an alias made for.
    const isThere = record.type === TYPE.DNAME ? (name: Name) => isAtOrBelow(name, record.owner) : isOwn(record.owner)
    const place = chain.findIndex(isThere)
    return place < 0 ? chain.length : place
  }
  const sorted = { ...message, records: records.toSorted((one, other) => placeOf(one) - placeOf(other)) }
  const { bytes, dropped } = rewritten(sorted)
  // Records in the wrong order are better than none.
  return dropped > 0 ? message : { ...readMessage(bytes), rcode: message.rcode, flags: message.flags }
}

const isOwn = (owner: Name) => (name: Name) => name === owner

const isAlias = ({ type, section }: PlacedRecord): boolean => type === TYPE.CNAME && section === 'answer'

// Each alias is at the name that the one before led to, and nothing but aliases and their signatures is before it.
function isInOrder({ bytes, records, question }: Message): boolean {
  let at: Name = question.name
  let hasEnded = false
  for (const record of records) {
    if (record.section !== 'answer') break
    if (record.type === TYPE.CNAME) {
      if (hasEnded || record.owner !== at) return false
      at = readName(bytes, record.rdataAt).name
    } else if (record.type !== TYPE.RRSIG && record.type !== TYPE.DNAME) hasEnded = true
  }
  return true
}

// The names from the one that was asked on. An answer that leads in a circle has fewer names than steps.
function chainOf({ bytes, records, question }: Message): Name[] {
  const targets = new Map(
    records.filter(isAlias).map((record) => [record.owner, readName(bytes, record.rdataAt).name] as const),
  )
  const chain = [question.name]
  for (let at = targets.get(question.name); at !== undefined && chain.length <= targets.size; at = targets.get(at))
    chain.push(at)
  return chain
}
