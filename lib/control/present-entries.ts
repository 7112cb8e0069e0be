import { asciiJson } from './ascii-json.ts'
import type { EntryDocument } from './cache-verbs.ts'

/** A line before its columns are aligned. */
interface Row {
  readonly owner: string
  readonly ttl: string
  readonly type: string
  readonly data: string
  readonly comment: string
}

const MOST_OWNER = 60
const MOST_DATA = 40

/**
 * Cache entries as lines of a zone file, in columns. What is known of an entry is a comment on its first line; entries
 * that are no positive answers are comments as a whole. All of it is printable ASCII.
 */
export function presentEntries(entries: readonly EntryDocument[]): string[] {
  const rows = entries.flatMap(rowsOf)
  const ownerWidth = widest(rows, ({ owner }) => owner, MOST_OWNER)
  const ttlWidth = widest(rows, ({ ttl }) => ttl, MOST_OWNER)
  const typeWidth = widest(rows, ({ type }) => type, MOST_OWNER)
  const commented = rows.filter(({ comment }) => comment !== '')
  const dataWidth = widest(commented, ({ data }) => data, MOST_DATA)
  return rows.map(({ owner, ttl, type, data, comment }) => {
    const record = `${owner.padEnd(ownerWidth)} ${ttl.padStart(ttlWidth)} ${type.padEnd(typeWidth)} `
    return comment === '' ? record + data : `${record}${data.padEnd(dataWidth)}  ; ${comment}`
  })
}

const widest = (rows: readonly Row[], column: (row: Row) => string, most: number): number =>
  rows.reduce((width, row) => Math.min(most, Math.max(width, column(row).length)), 0)

function rowsOf(entry: EntryDocument): Row[] {
  const records = entry.records.map(rowOf)
  const comment = commentOf(entry)
  const [first, ...rest] = records
  if (entry.kind === 'positive' && first !== undefined) return [{ ...first, comment }, ...rest]
  const { name, ttlSeconds, type, rcode, kind } = entry
  const data = kind === 'nodata' ? 'NODATA' : rcode
  const head = { owner: name, ttl: String(Math.max(0, ttlSeconds)), type, data, comment }
  return [head, ...records].map((row) => ({ ...row, owner: `;${row.owner}` }))
}

// Only RDATA has spaces within.
function rowOf(record: string): Row {
  const [, owner = '', ttl = '', type = '', data = ''] = /^(\S+) (\S+) ((?:CLASS\d+ )?\S+) (.*)$/.exec(record) ?? []
  return { owner, ttl, type, data, comment: '' }
}

function commentOf(entry: EntryDocument): string {
  const { rcode, isStale, ttlSeconds, storedSecondsAgo, hits, upstream, variant, extendedErrors } = entry
  return [
    ...(isStale ? [`STALE for ${Math.max(0, -ttlSeconds)} s`] : []),
    rcode,
    `${storedSecondsAgo} s old`,
    `${hits} ${hits === 1 ? 'hit' : 'hits'}`,
    `from ${asciiJson(upstream).slice(1, -1)}`,
    ...(variant === '' ? [] : [`asked with ${variant === 'docd' ? 'DO and CD' : variant.toUpperCase()}`]),
    ...extendedErrors.map(({ code, text }) => `EDE ${code}${text === '' ? '' : ` ${asciiJson(text)}`}`),
  ].join(', ')
}
