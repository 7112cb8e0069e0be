import { authored, type Resolve } from '../dns/answer.ts'
import { RCODE, TYPE } from '../dns/constants.ts'
import { EDE } from '../dns/extended-error.ts'
import { hinfoRecord } from '../dns/record.ts'

const TRANSFERS: ReadonlySet<number> = new Set([TYPE.AXFR, TYPE.IXFR])
const NOT_TO_BE_ASKED: ReadonlySet<number> = new Set([TYPE.TKEY, TYPE.TSIG, TYPE.MAILA, TYPE.MAILB])

// Of these there are no records, nor any other answer (RFC 6891 §6.1.1, RFC 9824 §3.5).
const NOT_TYPES: ReadonlySet<number> = new Set([TYPE.OPT, TYPE.NXNAME])

const refusal = authored({ rcode: RCODE.REFUSED, errors: [{ code: EDE.PROHIBITED, text: 'no zone transfers here' }] })

const noQuestion = authored({
  rcode: RCODE.FORMERR,
  errors: [{ code: EDE.INVALID_QUERY_TYPE, text: 'nobody can ask for this type' }],
})

/** Types that ask for something other than records are not for us, nor for any upstream (RFC 6895 §3.1). */
export const refuseMetaTypes: Resolve = ({ type }) => {
  if (TRANSFERS.has(type)) return Promise.resolve(refusal)
  if (NOT_TO_BE_ASKED.has(type)) return Promise.resolve(authored({ rcode: RCODE.NOTIMP }))
  return NOT_TYPES.has(type) ? Promise.resolve(noQuestion) : undefined
}

/** Ordinary names get the minimal answer to ANY (RFC 8482 §4.2), without asking anyone. */
export const answerAny =
  (ttlSeconds: number): Resolve =>
  ({ name, type }) =>
    type === TYPE.ANY
      ? Promise.resolve(authored({ rcode: RCODE.NOERROR, answer: [hinfoRecord(name, ttlSeconds)] }))
      : undefined
