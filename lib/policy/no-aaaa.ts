import { RCODE, TYPE } from '../dns/constants.ts'
import { EDE } from '../dns/extended-error.ts'
import { formatName, type Name } from '../dns/name.ts'
import { denial } from './denial.ts'
import { longestDomain } from './longest-domain.ts'
import type { Ruling, Verdict } from './verdict.ts'

const TTL_SECONDS = 60 // as for a block

/**
 * Domains whose names have no AAAA (the root: none has), for clients that would try IPv6 and find no way. The answer is
 * NODATA at the name, whether it exists or is an alias. Other types are left alone, and so are the addresses in
 * `ipv6hint` of HTTPS and SVCB: they are hints beside the AAAA set (RFC 9460 §7.3), and a record without its hint would
 * no longer be what was signed.
 */
export function withoutAaaa(domains: Iterable<Name>): Verdict {
  const rulings = new Map([...domains].map((domain): [Name, Ruling] => [domain, rulingOf(domain)]))
  const find = longestDomain(rulings)
  return (name, type) => (type === TYPE.AAAA ? find(name) : undefined)
}

function rulingOf(domain: Name): Ruling {
  const errors = [{ code: EDE.FILTERED, text: `the configuration filters AAAA at and below ${formatName(domain)}` }]
  const parts = { rcode: RCODE.NOERROR, authoritative: false, errors }
  return { kind: 'noAAAA', answer: denial({ zone: domain, ttlSeconds: TTL_SECONDS }, parts) }
}
