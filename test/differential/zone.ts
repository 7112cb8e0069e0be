/** One record as a zone file has it; owner and names in RDATA are whole, with their final dot. */
export interface ZoneRecord {
  readonly owner: string
  readonly ttlSeconds: number
  readonly type: string
  readonly rdata: string
}

/** What one zone file holds. */
export interface Zone {
  readonly origin: string
  readonly records: readonly ZoneRecord[]
}

export const TTL_SECONDS = 3600

export const record = (owner: string, type: string, rdata: string, ttlSeconds = TTL_SECONDS): ZoneRecord => ({
  owner,
  ttlSeconds,
  type,
  rdata,
})

/** A zone with its SOA and NS. Negative answers live for 900 s, the smaller of the two values in its SOA. */
export function zone(origin: string, records: readonly ZoneRecord[], soaTtlSeconds = TTL_SECONDS): Zone {
  const soa = record(origin, 'SOA', 'ns1.infra.tld. hostmaster.infra.tld. 2026 7200 1800 1209600 900', soaTtlSeconds)
  const servers = ['ns1.infra.tld.', 'ns2.infra.tld.'].map((name) => record(origin, 'NS', name))
  return { origin, records: [soa, ...servers, ...records] }
}

export const zoneText = ({ records }: Zone): string =>
  records.map(({ owner, ttlSeconds, type, rdata }) => `${owner} ${ttlSeconds} IN ${type} ${rdata}\n`).join('')
