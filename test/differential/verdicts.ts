import { type Difference, differences } from './compare.ts'
import { questionText } from './question.ts'
import type { Case, Rule } from './rule.ts'
import { TYPES } from './types.ts'

// What of an answer has to be as the source has it; the rest of it is between one server and its client.
const FROM_SOURCE: ReadonlySet<Difference['what']> = new Set([
  'rcode',
  'answer',
  'order',
  'authority',
  'additional',
  'TTL',
])

interface Unexplained {
  /** The first one, in words. */
  readonly example: string
  count: number
}

/** Judges case after case by a list of rules, and counts. */
export class Verdicts {
  readonly #rules: readonly Rule[]
  /** Questions that each rule explained something of. */
  readonly counts: Map<Rule, number>
  // By what differs.
  readonly #unexplained = new Map<string, Unexplained>()

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
    this.counts = new Map(rules.map((rule) => [rule, 0]))
  }

  /** Questions of which something is unexplained, alike ones together, with an example of each kind. */
  get unexplained(): string {
    const kinds = [...this.#unexplained].toSorted(([, a], [, b]) => b.count - a.count)
    return kinds.map(([kind, { count, example }]) => `${count} × ${kind}\n${example}\n`).join('\n')
  }

  /** Rules that explained nothing. */
  get unused(): string[] {
    return [...this.counts].flatMap(([{ name }, count]) => (count === 0 ? [name] : []))
  }

  judge(of: Case, found: readonly Difference[]): void {
    const used = new Set<Rule>()
    const rest = found.filter((difference) => {
      const rule = this.#rules.find((one) => one.explains(difference, of))
      if (rule !== undefined) used.add(rule)
      return rule === undefined
    })
    for (const rule of used) this.counts.set(rule, (this.counts.get(rule) ?? 0) + 1)
    if (rest.length === 0) return
    const kind = rest.map(({ what }) => what).join(', ')
    const before = this.#unexplained.get(kind)
    if (before === undefined) this.#unexplained.set(kind, { example: inWords(rest, of), count: 1 })
    else before.count++
  }
}

/** Each may have asked for a record at another time. */
export const fromUnbound = ({ ours, unbound }: Case, elapsedSeconds: number): Difference[] =>
  differences(ours, unbound, { lessBySeconds: elapsedSeconds, moreBySeconds: elapsedSeconds })

/** TTLs have run down since the start, at most. Records of the authority and additional sections may be left out where they do not fit, all but the SOA. */
export function fromSource({ ours, source }: Case, elapsedSeconds: number): Difference[] {
  const theirs = { question: ours.question, first: source, whole: source }
  return differences(ours, theirs, { lessBySeconds: elapsedSeconds, moreBySeconds: 0 }).filter(
    ({ what, onlyOurs, onlyTheirs }) => {
      const isOptional = what === 'authority' || what === 'additional'
      const isLess = isOptional && onlyOurs.length === 0 && onlyTheirs.every(({ type }) => type !== TYPES.SOA)
      return FROM_SOURCE.has(what) && !isLess
    },
  )
}

function inWords(found: readonly Difference[], of: Case): string {
  const rcodes = `rcodes: ours ${of.ours.whole.rcode}, Unbound ${of.unbound.whole.rcode}, NSD ${of.source.rcode}`
  const sizes = [of.ours.first, of.unbound.first, of.source].map(({ octets }) => octets.length).join(', ')
  const each = found.map(({ what, ours, theirs }) => `  ${what}\n    ours   ${ours}\n    theirs ${theirs}`)
  return [questionText(of.ours.question), `  ${rcodes}; octets ${sizes}`, ...each].join('\n')
}
