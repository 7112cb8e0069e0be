import type { AuthoredAnswer } from '../dns/answer.ts'
import type { Name } from '../dns/name.ts'

/** What spoke; a label of metrics. */
export type PolicyKind = 'nxdomain' | 'nodata' | 'refuse' | 'noAAAA' | 'specialUse'

/** What is answered at a name, whatever is there. */
export interface Ruling {
  readonly kind: PolicyKind
  readonly answer: AuthoredAnswer
}

/** Says what stands against a name and a type; undefined: nothing. */
export type Verdict = (name: Name, type: number) => Ruling | undefined

/** The ruling of the first that has one. */
export const firstVerdict =
  (...verdicts: readonly Verdict[]): Verdict =>
  (name, type) => {
    for (const verdict of verdicts) {
      const ruling = verdict(name, type)
      if (ruling !== undefined) return ruling
    }
    return undefined
  }
