import type { Answer, Query, RelayedAnswer, Resolve } from '../dns/answer.ts'
import { TYPE } from '../dns/constants.ts'
import type { Message } from '../dns/message.ts'
import type { Name } from '../dns/name.ts'
import { readName } from '../dns/read-name.ts'
import { cnameRecord, type ResourceRecord } from '../dns/record.ts'
import type { PolicyKind, Ruling, Verdict } from './verdict.ts'

/** Called for each answer that a policy gave; for those that are sent again from the image cache, once. */
export type OnRuling = (kind: PolicyKind) => void

/** Answers what the verdict is against, without asking anyone. */
export const ruled =
  (verdict: Verdict, onRuling: OnRuling): Resolve =>
  ({ name, type }) => {
    const ruling = verdict(name, type)
    if (ruling === undefined) return undefined
    onRuling(ruling.kind)
    return Promise.resolve(ruling.answer)
  }

/**
 * Holds an upstream's aliases to the verdict as well: the first of them that leads to a name which it is against is the
 * last that is passed on, and the answer ends as it does at that name. The name that was asked is for `ruled`. An
 * answer without aliases costs a look at the types of its records.
 */
export function enforced(next: Resolve, verdict: Verdict, onRuling: OnRuling): Resolve {
  const hold = (query: Query, answer: Answer | undefined): Answer | undefined => {
    if (answer?.kind !== 'relayed' || !leadsOn(query, answer.message)) return answer
    const stop = firstStop(query, answer, verdict)
    if (stop === undefined) return answer
    onRuling(stop.ruling.kind)
    return stopped(answer, stop)
  }
  return (query) => next(query)?.then((answer) => hold(query, answer))
}

// A question for CNAME itself is answered at the name (RFC 1034 §3.6.2).
const leadsOn = ({ type }: Query, { records }: Message): boolean => type !== TYPE.CNAME && records.some(isAlias)

const isAlias = ({ type, section }: Message['records'][number]): boolean => type === TYPE.CNAME && section === 'answer'

interface Stop {
  readonly ruling: Ruling
  /** The aliases that lead there, in the order of the chain. */
  readonly aliases: readonly ResourceRecord[]
}

function firstStop({ name, type }: Query, { message, expiresAtMs }: RelayedAnswer, verdict: Verdict): Stop | undefined {
  const byOwner = new Map<Name, number>()
  for (const [i, record] of message.records.entries()) if (isAlias(record)) byOwner.set(record.owner, i)
  const aliases: ResourceRecord[] = []
  // An answer that leads in a circle has fewer names than steps.
  for (let at = name; aliases.length < byOwner.size; ) {
    const i = byOwner.get(at)
    const record = i === undefined ? undefined : message.records[i]
    if (i === undefined || record === undefined) return undefined
    const target = readName(message.bytes, record.rdataAt).name
    aliases.push({ ...cnameRecord(at, record.ttlSeconds, target), expiresAtMs: expiresAtMs[i] ?? 0 })
    const ruling = verdict(target, type)
    if (ruling !== undefined) return { ruling, aliases }
    at = target
  }
  return undefined
}

const stopped = (of: RelayedAnswer, { ruling, aliases }: Stop): Answer => ({
  ...ruling.answer,
  answer: aliases,
  errors: [...of.errors, ...ruling.answer.errors],
  evidence: of.evidence,
  cacheable: of.cacheable,
  ...(of.isStale && { isStale: true }),
})
