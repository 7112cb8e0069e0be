import { type AuthoredAnswer, authored, type Resolve } from '../dns/answer.ts'
import { CLASS_IN, RCODE, TYPE } from '../dns/constants.ts'
import { EDE } from '../dns/extended-error.ts'
import { formatName, isAtOrBelow, type Name, nameOf } from '../dns/name.ts'
import { addressRecord, hinfoRecord, type ResourceRecord } from '../dns/record.ts'
import { denial, emptyZoneNs, emptyZoneSoa } from './denial.ts'
import type { OnRuling } from './enforce.ts'
import { longestDomain } from './longest-domain.ts'
import {
  IPV4_LOOPBACK,
  LOCALHOST,
  SPECIAL_USE_ZONES,
  type SpecialUse,
  type SpecialUseZone,
} from './special-use-zones.ts'

interface Options {
  /** Whether asking for the name would show it to a public server. */
  readonly leaks: (name: Name) => boolean
  readonly onRuling: OnRuling
}

// What never changes is given the TTL of RFC 6303 §3. A private domain may get an upstream at any time, and then it
// should not be denied for another three hours.
const TTL_SECONDS = 10_800
const PRIVATE_TTL_SECONDS = 60

const ARPA = nameOf(['arpa'])

/**
 * Names that are not for public servers (RFC 6761, RFC 6303). Those with one meaning everywhere are answered here. The
 * private ones may well be known to an upstream within the organisation; only where `leaks` says that they would go to
 * a public one are they answered from an empty zone, with AA: it is a zone of ours (RFC 6303 §3).
 */
export function specialUse({ leaks, onRuling }: Options): Resolve {
  const find = longestDomain(new Map(SPECIAL_USE_ZONES.map((zone) => [zone.domain, zone])))
  return ({ name, type }) => {
    const special = find(name)
    if (special === undefined || (special.use === 'private' && mayPass(special, { name, type, leaks })))
      return undefined
    onRuling('specialUse')
    return Promise.resolve(answerAt(special, name, type))
  }
}

// The DS of a zone is its parent's (RFC 4035 §3.1.4.1), and public: with it a validator behind us sees that nothing
// below `10.in-addr.arpa` or `home.arpa` is signed (RFC 8375 §4).
const mayPass = (
  { zone }: SpecialUseZone,
  { name, type, leaks }: { name: Name; type: number } & Pick<Options, 'leaks'>,
): boolean => (type === TYPE.DS && name === zone && isAtOrBelow(zone, ARPA)) || !leaks(name)

function answerAt({ domain, zone, use }: SpecialUseZone, name: Name, type: number): AuthoredAnswer {
  const ttlSeconds = use === 'private' ? PRIVATE_TTL_SECONDS : TTL_SECONDS
  const isThere = EXISTS[use](name, domain)
  const records = isThere ? recordsAt(name, type, { zone, use, ttlSeconds }) : []
  if (records.length > 0) return authored({ rcode: RCODE.NOERROR, authoritative: true, answer: records })
  const text = `${formatName(zone)} is for private use, and the upstream is a public server`
  return denial(
    { zone, ttlSeconds },
    {
      rcode: isThere ? RCODE.NOERROR : RCODE.NXDOMAIN,
      authoritative: true,
      errors: use === 'private' ? [{ code: EDE.OTHER, text }] : [],
    },
  )
}

const EXISTS: Readonly<Record<SpecialUse, (name: Name, domain: Name) => boolean>> = {
  loopback: () => true,
  pointer: (name, domain) => name === domain,
  absent: () => false,
  bare: () => true,
  private: (name, domain) => name === domain || isAtOrBelow(IPV4_LOOPBACK, name),
}

interface Place {
  readonly zone: Name
  readonly use: SpecialUse
  readonly ttlSeconds: number
}

function recordsAt(name: Name, type: number, { zone, use, ttlSeconds }: Place): ResourceRecord[] {
  if (type === TYPE.ANY) return [hinfoRecord(name, ttlSeconds)]
  const make = RECORDS[use].get(type)
  const isApexOnly = use === 'private' || use === 'bare'
  return make === undefined || (isApexOnly && name !== zone) ? [] : [make(name, ttlSeconds)]
}

type Make = (owner: Name, ttlSeconds: number) => ResourceRecord

const APEX: ReadonlyMap<number, Make> = new Map<number, Make>([
  [TYPE.SOA, (zone, ttlSeconds) => emptyZoneSoa({ zone, ttlSeconds })],
  [TYPE.NS, (zone, ttlSeconds) => emptyZoneNs({ zone, ttlSeconds })],
])

const RECORDS: Readonly<Record<SpecialUse, ReadonlyMap<number, Make>>> = {
  loopback: new Map<number, Make>([
    [TYPE.A, (owner, ttlSeconds) => addressRecord(owner, ttlSeconds, '127.0.0.1')],
    [TYPE.AAAA, (owner, ttlSeconds) => addressRecord(owner, ttlSeconds, '::1')],
  ]),
  pointer: new Map<number, Make>([[TYPE.PTR, pointerToLocalhost]]),
  absent: new Map(),
  bare: APEX,
  private: APEX,
}

function pointerToLocalhost(owner: Name, ttlSeconds: number): ResourceRecord {
  return { owner, type: TYPE.PTR, class: CLASS_IN, ttlSeconds, rdata: [{ name: LOCALHOST }] }
}
