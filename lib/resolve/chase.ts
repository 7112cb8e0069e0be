import { type Answer, type AuthoredAnswer, authored, type Query, type Resolve } from '../dns/answer.ts'
import { RCODE, TYPE } from '../dns/constants.ts'
import { EDE, type ExtendedError } from '../dns/extended-error.ts'
import { formatName, type Name } from '../dns/name.ts'
import type { ResourceRecord } from '../dns/record.ts'
import { sectionsOf } from '../dns/relayed-records.ts'
import { walk } from './walk.ts'

const MAX_ALIASES = 8

interface ChaseOptions {
  /** One link of the chain: answers a name, without following where it leads. */
  readonly step: Resolve
  /** Who answers a name. A link that leads from one to another is asked for where it belongs. */
  readonly belongsTo: (name: Name) => unknown
}

/** Carries an answer on to its end. */
export type Follow = (query: Query, begun: AuthoredAnswer) => Promise<AuthoredAnswer>

/** Answers as `step` does, and completes what leads on to another name. */
export const chased =
  (step: Resolve, follow: Follow): Resolve =>
  async (query) => {
    const answer = await step(query)
    return answer?.kind === 'authored' && answer.follow !== undefined ? follow(query, answer) : answer
  }

/**
 * Follows aliases to the end, through the whole of our own chain, so that a link may end in another federation or a
 * stub domain. The rcode is that of the end (RFC 6604 §3). A failure, a loop or more than 8 aliases is SERVFAIL with the
 * links that were found, never an empty NOERROR: that would be cached.
 */
export function follower({ step, belongsTo }: ChaseOptions): Follow {
  return async (query, begun) => {
    const chain = new Chain(begun)
    let next = begun.follow
    while (next !== undefined) {
      const fault = chain.faultBefore(next)
      if (fault !== undefined) return chain.failed([fault])
      const { spelling: _, ...onOurAccount } = query
      const answer = await step({ ...onOurAccount, name: next, recursionDesired: true })
      if (answer === undefined) return chain.failed([{ code: EDE.OTHER, text: `nobody answers ${formatName(next)}` }])
      const after = chain.take(answer, next, { type: query.type, belongsTo })
      if (typeof after === 'object') return after
      next = after
    }
    return begun
  }
}

/** A chain as far as it is known. */
class Chain {
  readonly #begun: AuthoredAnswer
  readonly #links: ResourceRecord[]
  #evidence: AuthoredAnswer['evidence']
  #ttlCapSeconds: number
  #errors: readonly ExtendedError[]
  #isStale = false
  #refreshAtMs = Number.POSITIVE_INFINITY

  constructor(begun: AuthoredAnswer) {
    this.#begun = begun
    this.#links = [...begun.answer]
    this.#evidence = begun.evidence
    this.#errors = begun.errors
    this.#ttlCapSeconds = begun.ttlCapSeconds
  }

  faultBefore(next: Name): ExtendedError | undefined {
    if (this.#links.some((link) => link.owner === next))
      return { code: EDE.OTHER, text: `aliases lead in a circle at ${formatName(next)}` }
    if (this.#links.length > MAX_ALIASES) return { code: EDE.OTHER, text: `more than ${MAX_ALIASES} aliases` }
    return undefined
  }

  /** Adds what was answered for `asked`: the name to go on with, or the whole answer. */
  take(answer: Answer, asked: Name, of: { type: number; belongsTo: ChaseOptions['belongsTo'] }): Name | AuthoredAnswer {
    const { answer: records, authority } = sectionsOf(answer)
    // What we author is right to its end; an upstream is believed only about the names that go to it.
    const stays = (at: Name, next: Name) => answer.kind === 'authored' || of.belongsTo(at) === of.belongsTo(next)
    const { aliases, at, found, left } = walk(records, { from: asked, type: of.type, stays })
    const fault = this.#add(aliases, answer)
    if (fault !== undefined) return this.failed([fault])
    if (left) return at
    if (found.length > 0) return this.#ended(answer, found, [])
    if (answer.rcode === RCODE.NXDOMAIN) return this.#ended(answer, [], soasOf(authority))
    if (answer.rcode !== RCODE.NOERROR) return this.failed(errorsOf(answer, at))
    if (answer.kind === 'authored' && answer.follow !== undefined) return answer.follow
    const soas = soasOf(authority)
    // Some upstreams give one link at a time: no records, and no word that there are none.
    return soas.length === 0 && aliases.length > 0 ? at : this.#ended(answer, [], soas)
  }

  failed(errors: readonly ExtendedError[]): AuthoredAnswer {
    const links = this.#links.slice(0, MAX_ALIASES)
    const parts = { answer: links, evidence: this.#evidence, ttlCapSeconds: this.#ttlCapSeconds, errors }
    return authored({ ...parts, rcode: RCODE.SERVFAIL })
  }

  #add(aliases: readonly ResourceRecord[], answer: Answer): ExtendedError | undefined {
    this.#evidence = [...this.#evidence, ...answer.evidence]
    this.#isStale ||= answer.isStale === true
    this.#refreshAtMs = Math.min(this.#refreshAtMs, answer.refreshAtMs ?? Number.POSITIVE_INFINITY)
    this.#errors = withoutRepeats([...this.#errors, ...answer.errors])
    if (answer.kind === 'authored') this.#ttlCapSeconds = Math.min(this.#ttlCapSeconds, answer.ttlCapSeconds)
    for (const alias of aliases) {
      const fault = this.faultBefore(alias.owner)
      if (fault !== undefined) return fault
      this.#links.push(alias)
    }
    return this.#links.length > MAX_ALIASES ? { code: EDE.OTHER, text: `more than ${MAX_ALIASES} aliases` } : undefined
  }

  #ended(end: Answer, found: readonly ResourceRecord[], soas: readonly ResourceRecord[]): AuthoredAnswer {
    const { follow: _, ...begun } = this.#begun
    const isNegative = found.length === 0
    const rcode = isNegative ? end.rcode : RCODE.NOERROR
    return {
      ...begun,
      rcode,
      authoritative: begun.authoritative && !this.#isStale,
      answer: [...this.#links, ...found],
      authority: soas,
      additional: end.kind === 'authored' ? end.additional : [],
      errors: asOfTheEnd(this.#errors, rcode),
      isStale: this.#isStale,
      refreshAtMs: this.#refreshAtMs,
      evidence: this.#evidence,
      ttlCapSeconds: this.#ttlCapSeconds,
      cacheable: end.cacheable && !this.#isStale && (!isNegative || soas.length > 0),
    }
  }
}

function withoutRepeats(errors: readonly ExtendedError[]): ExtendedError[] {
  const seen = new Map(errors.map((error) => [`${error.code} ${error.text}`, error]))
  return [...seen.values()]
}

// What a stale link said of the end counts for nothing if the end says otherwise.
const asOfTheEnd = (errors: readonly ExtendedError[], rcode: number): readonly ExtendedError[] =>
  rcode === RCODE.NXDOMAIN
    ? errors
    : withoutRepeats(errors.map((error) => (error.code === EDE.STALE_NXDOMAIN ? { ...error, code: EDE.STALE } : error)))

const soasOf = (authority: readonly ResourceRecord[]): ResourceRecord[] =>
  authority.filter((record) => record.type === TYPE.SOA).slice(0, 1)

function errorsOf(answer: Answer, at: Name): readonly ExtendedError[] {
  const text = `the upstream failed for ${formatName(at)}`
  return answer.errors.length > 0 ? answer.errors : [{ code: EDE.NO_REACHABLE_AUTHORITY, text }]
}
