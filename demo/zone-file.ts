import type { Answer } from 'dns-packet'

/** A zone, as its name server needs it: records by owner, names in lower case without the final dot. */
export interface Zone {
  readonly records: ReadonlyMap<string, readonly Answer[]>
}

/** Reads the few forms of a zone file (RFC 1035 §5) that the demo uses: $ORIGIN, $TTL, and A and CNAME records. */
export function parseZoneFile(text: string): Zone {
  const records = new Map<string, Answer[]>()
  let origin = ''
  let ttl = 0
  const absolute = (name: string) =>
    name === '@' ? origin : name.endsWith('.') ? name.slice(0, -1) : `${name}.${origin}`
  for (const line of text.split('\n')) {
    const [first = '', second = '', third = ''] = line.replace(/;.*/, '').trim().split(/\s+/)
    if (first === '') continue
    if (first === '$ORIGIN') origin = second.replace(/\.$/, '')
    else if (first === '$TTL') ttl = Number(second)
    else if (second === 'A' || second === 'CNAME') {
      const name = absolute(first)
      const record: Answer = { type: second, name, ttl, data: second === 'A' ? third : absolute(third) }
      records.set(name, [...(records.get(name) ?? []), record])
    } else throw new Error(`"${line}" is not understood: OWNER A ADDRESS or OWNER CNAME TARGET`)
  }
  return { records }
}
