import { authored, type Resolve } from '../dns/answer.ts'
import { RCODE, TYPE } from '../dns/constants.ts'
import { EDE } from '../dns/extended-error.ts'
import { hinfoRecord } from '../dns/record.ts'

const TRANSFERS: ReadonlySet<number> = new Set([TYPE.AXFR, TYPE.IXFR])
const NOT_TO_BE_ASKED: ReadonlySet<number> = new Set([TYPE.TKEY, TYPE.TSIG, TYPE.MAILA, TYPE.MAILB])

const refusal = authored({ rcode: RCODE.REFUSED, errors: [{ code: EDE.PROHIBITED, text: 'no zone transfers here' }] })

/** Types that ask for something other than records are not for us, nor for any upstream (RFC 6895 §3.1). */
export const refuseMetaTypes: Resolve = ({ type }) => {
  if (TRANSFERS.has(type)) return Promise.resolve(refusal)
  if (NOT_TO_BE_ASKED.has(type)) return Promise.resolve(authored({ rcode: RCODE.NOTIMP }))
  return type === TYPE.OPT ? Promise.resolve(authored({ rcode: RCODE.FORMERR })) : undefined
}

/** Ordinary names get the minimal answer to ANY (RFC 8482 §4.2), without asking anyone. */
export const answerAny =
  (ttlSeconds: number): Resolve =>
  ({ name, type }) =>
    type === TYPE.ANY
      ? Promise.resolve(authored({ rcode: RCODE.NOERROR, answer: [hinfoRecord(name, ttlSeconds)] }))
      : undefined
