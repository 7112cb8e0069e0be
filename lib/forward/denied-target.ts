import type { RelayedAnswer } from '../dns/answer.ts'
import { CLASS_IN, FLAG, RCODE, TYPE } from '../dns/constants.ts'
import { encode } from '../dns/encode.ts'
import { readMessage } from '../dns/message.ts'
import type { Name } from '../dns/name.ts'
import { sectionsOf } from '../dns/relayed-records.ts'
import { aliasTarget } from '../dns/record.ts'

/**
 * Of an answer that aliases lead to a name which does not exist: that name, and the answer of its own. The SOA that
 * came with it is about that name, not about the one that was asked (RFC 2308 §2.1, RFC 6604 §3).
 */
export function deniedTarget(
  answer: RelayedAnswer,
): { readonly name: Name; readonly answer: RelayedAnswer } | undefined {
  if (answer.rcode !== RCODE.NXDOMAIN || !answer.cacheable) return undefined
  const { answer: links, authority } = sectionsOf(answer)
  const name = endOf(
    links.filter(({ type }) => type === TYPE.CNAME),
    answer.message.question.name,
  )
  const soa = authority.find(({ type }) => type === TYPE.SOA)
  if (name === undefined || soa?.expiresAtMs === undefined) return undefined
  const question = { name, type: TYPE.A, class: CLASS_IN }
  const { bytes } = encode(question, { answer: [], authority: [soa], additional: [] })
  bytes.writeUInt16BE(FLAG.QR | FLAG.RA | RCODE.NXDOMAIN, 2)
  return { name, answer: { ...answer, message: readMessage(bytes), expiresAtMs: [soa.expiresAtMs] } }
}

// Where the aliases lead to from a name; undefined if nowhere, or in a circle.
function endOf(aliases: readonly Parameters<typeof aliasTarget>[0][], from: Name): Name | undefined {
  let at = from
  for (let steps = 0; steps <= aliases.length; steps++) {
    const alias = aliases.find(({ owner }) => owner === at)
    if (alias === undefined) return at === from ? undefined : at
    at = aliasTarget(alias) ?? at
  }
  return undefined
}
