import { percentilesOf } from '../bench/kubernetes/percentiles.ts'
import { type Asked, isAnswered, LIMIT_MS } from './load.ts'

/** Of the queries that were due in some time. */
export interface Summary {
  readonly asked: number
  /** With the data, within the limit of the load. */
  readonly answeredPercent: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of all, the lost ones included: those took the limit at least. */
  readonly worstMs: number
  /** Answered by the first upstream, of those that were answered. */
  readonly firstPercent: number
  /** Replies without the data, by rcode. */
  readonly failures: Readonly<Record<string, number>>
  readonly lost: number
  /** How late the load itself was at most, but for one query in a hundred: that much is the machine's. */
  readonly lateP99Ms: number
}

/** A query without an answer counts as if it had taken the limit. */
export function summaryOf(queries: readonly Asked[]): Summary {
  const answered = queries.filter(isAnswered)
  const { p50, p99, max } = percentilesOf(queries.map((one) => (isAnswered(one) ? (one.tookMs ?? LIMIT_MS) : LIMIT_MS)))
  const failures: Record<string, number> = {}
  for (const one of queries) {
    if (one.rcode !== undefined && !isAnswered(one)) failures[one.rcode] = (failures[one.rcode] ?? 0) + 1
  }
  return {
    asked: queries.length,
    answeredPercent: (100 * answered.length) / queries.length,
    p50Ms: p50,
    p99Ms: p99,
    worstMs: max,
    firstPercent: (100 * answered.filter(({ octet }) => octet === 1).length) / answered.length,
    failures,
    lateP99Ms: percentilesOf(queries.map(({ lateMs }) => lateMs)).p99,
    lost: queries.filter(({ rcode }) => rcode === undefined).length,
  }
}

/** Of `asked`, which is in the order of time, those that were due from one moment to another. */
export const between = (asked: readonly Asked[], fromMs: number, toMs: number): readonly Asked[] =>
  asked.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs)
