import { authored, type Resolve } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { EDE } from '../dns/extended-error.ts'
import type { Name } from '../dns/name.ts'

/** Ends queries of our own that came back to us; `cameBack` knows them. */
export const answerProbes =
  (cameBack: (name: Name) => string | undefined): Resolve =>
  ({ name }) => {
    const upstream = cameBack(name)
    if (upstream === undefined) return undefined
    const text = `forwarding loop: this query was sent to ${upstream} from here`
    return Promise.resolve(authored({ rcode: RCODE.REFUSED, errors: [{ code: EDE.OTHER, text }] }))
  }
