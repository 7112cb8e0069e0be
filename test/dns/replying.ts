import packet from 'dns-packet'
import type { Answer, AuthoredAnswer } from '../../lib/dns/answer.ts'
import { authored } from '../../lib/dns/answer.ts'
import { RCODE } from '../../lib/dns/constants.ts'
import { ADMIT, Gate } from '../../lib/dns/gate.ts'
import { type Image, imageOf } from '../../lib/dns/image.ts'
import { parseName } from '../../lib/dns/name.ts'
import { addressRecord, cnameRecord } from '../../lib/dns/record.ts'
import { replyFromImage, replyLimit } from '../../lib/dns/reply.ts'

export const NOW_MS = 1_000_000

interface At {
  readonly nowMs?: number
  /** Replies made from the same image before this one. */
  readonly turn?: number
  readonly overUdp?: boolean
}

/** The reply to a query packet that this answer becomes, and the image on the way. */
export function replyTo(query: Buffer, answer: Answer, at: At = {}): { reply: Buffer; image: Image } {
  const gate = new Gate()
  if (gate.admit(query) !== ADMIT) throw new Error('the gate does not admit this query')
  const image = imageOf(gate.query(query, NOW_MS), answer)
  const { nowMs = NOW_MS, turn = 0, overUdp = true } = at
  const make = () => replyFromImage(query, gate, image, { limit: replyLimit(gate, overUdp), nowMs })
  for (let before = 0; before < turn; before++) make()
  return { reply: make(), image }
}

/** The answer to `web`: these addresses, behind these aliases. */
export function addresses(list: readonly string[], aliases: readonly string[] = [], ttlSeconds = 5): AuthoredAnswer {
  const chain = ['web', ...aliases].map(parseName)
  const links = chain.slice(1).map((target, i) => cnameRecord(chain[i] ?? target, ttlSeconds, target))
  const owner = chain.at(-1) ?? parseName('web')
  const answer = [...links, ...list.map((address) => addressRecord(owner, ttlSeconds, address))]
  return authored({ rcode: RCODE.NOERROR, answer })
}

/** Records as a zone file has them; OPT is left out. */
export function zoneLines(reply: Buffer): string[] {
  const { answers = [], authorities = [], additionals = [] } = packet.decode(reply)
  return [...answers, ...authorities, ...additionals].flatMap((record) => {
    if (record.type === 'OPT' || !('data' in record)) return []
    const data = typeof record.data === 'string' ? record.data : JSON.stringify(record.data)
    return [`${record.name} ${'ttl' in record ? record.ttl : ''} ${record.type} ${data}`]
  })
}
