import type { Random } from '../helpers/packets.ts'
import { record, type Zone, type ZoneRecord, zone } from './zone.ts'

// Longer than all questions take: on a machine that starves the source, what has run out is sent as stale.
const CLUSTER_TTL_SECONDS = 120

const HOSTS = 400
const PODS = 60

/** A shop with its hosts, the reverse zones of their addresses, and what a cluster has. */
export function everydayZones(random: Random): Zone[] {
  const hosts = Array.from({ length: HOSTS }, (_, i) => hostOf(i, random))
  return [
    zone('shop.tld.', [...SHOP, ...hosts.flatMap(({ records }) => records)]),
    zone('10.in-addr.arpa.', hosts.map(reverse4)),
    zone('8.b.d.0.1.0.0.2.ip6.arpa.', hosts.map(reverse6)),
    zone('cluster.local.', cluster(random)),
    zone('infra.tld.', INFRA),
  ]
}

interface Host {
  readonly name: string
  readonly ip4: readonly [number, number, number]
  readonly ip6: string
  readonly records: readonly ZoneRecord[]
}

function hostOf(i: number, random: Random): Host {
  const name = `${['www', 'api', 'db', 'Mail', 'cdn'][i % 5]}-${i}.shop.tld.`
  const ip4 = [i >> 8, i & 0xff, 1 + random(250)] as const
  const ip6 = (0x1000 + i).toString(16)
  const ttlSeconds = [60, 300, 3600, 43_200][random(4)] ?? 60
  const count = i % 7 === 0 ? 2 + random(6) : 1
  const addresses = Array.from({ length: count }, (_, n) =>
    record(name, 'A', `10.${ip4[0]}.${ip4[1]}.${((ip4[2] + n) % 254) + 1}`, ttlSeconds),
  )
  const dual = i % 3 === 0 ? [record(name, 'AAAA', `2001:db8::${ip6}`, ttlSeconds)] : []
  return { name, ip4, ip6, records: [...addresses, ...dual] }
}

const reverse4 = ({ name, ip4: [a, b, c] }: Host): ZoneRecord =>
  record(`${(c % 254) + 1}.${b}.${a}.10.in-addr.arpa.`, 'PTR', name)

function reverse6({ name, ip6 }: Host): ZoneRecord {
  const nibbles = ip6.padStart(24, '0').split('').toReversed().join('.')
  return record(`${nibbles}.8.b.d.0.1.0.0.2.ip6.arpa.`, 'PTR', name)
}

function cluster(random: Random): ZoneRecord[] {
  return Array.from({ length: PODS }, (_, i) => {
    const name = `app-${i}.default.svc.cluster.local.`
    const address = `172.20.${i}.${1 + random(250)}`
    return [
      record(name, 'A', address, CLUSTER_TTL_SECONDS),
      record(`_http._tcp.${name}`, 'SRV', `0 100 ${8000 + i} ${name}`, CLUSTER_TTL_SECONDS),
      record(`${address.replaceAll('.', '-')}.default.pod.cluster.local.`, 'A', address, CLUSTER_TTL_SECONDS),
    ]
  }).flat()
}

const INFRA = ['ns1', 'ns2'].flatMap((host, i) => [
  record(`${host}.infra.tld.`, 'A', `192.0.2.${i + 1}`),
  record(`${host}.infra.tld.`, 'AAAA', `2001:db8:53::${i + 1}`),
])

const HEX = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
const DKIM = `"v=DKIM1; k=rsa; p=${'M'.repeat(200)}" "${'Q'.repeat(190)}"`

// One record of each type that a zone may have, and sets of those that come in sets.
const SHOP: readonly ZoneRecord[] = [
  ...['10 mx1', '20 mx2', '20 Mail-3'].map((mx) => record('shop.tld.', 'MX', `${mx}.shop.tld.`)),
  record('mx1.shop.tld.', 'A', '10.1.2.3'),
  record('mx2.shop.tld.', 'AAAA', '2001:db8::25'),
  record('shop.tld.', 'A', '10.9.9.9'),
  record('shop.tld.', 'TXT', '"v=spf1 include:_spf.shop.tld -all"'),
  record('shop.tld.', 'TXT', '"site-verification=0123456789"'),
  record('shop.tld.', 'TXT', '""'),
  record('s1._domainkey.shop.tld.', 'TXT', DKIM),
  record('shop.tld.', 'CAA', '0 issue "ca.example"'),
  record('shop.tld.', 'CAA', '128 iodef "mailto:ca@shop.tld"'),
  record('_443._tcp.www-0.shop.tld.', 'TLSA', `3 1 1 ${HEX}`),
  ...[1, 2, 3].map((n) => record('_sip._udp.shop.tld.', 'SRV', `${n} 50 5060 api-${n}.shop.tld.`)),
  record('_http._tcp.shop.tld.', 'SRV', '0 0 80 www-0.shop.tld.'),
  record('_none._tcp.shop.tld.', 'SRV', '0 0 0 .'),
  record('shop.tld.', 'NAPTR', '100 10 "u" "E2U+sip" "!^.*$!sip:info@shop.tld!" .'),
  record('shop.tld.', 'NAPTR', '100 20 "s" "SIP+D2U" "" _sip._udp.shop.tld.'),
  record('shop.tld.', 'HTTPS', '1 . alpn="h2,h3" ipv4hint=10.9.9.9'),
  record('www-0.shop.tld.', 'HTTPS', '1 . alpn="h2" port=8443 ipv6hint=2001:db8::1'),
  record('alias.shop.tld.', 'HTTPS', '0 www-0.shop.tld.'),
  record('_8443._foo.shop.tld.', 'SVCB', '1 svc4.shop.tld. alpn="bar" port=8004'),
  record('_dns.shop.tld.', 'SVCB', '1 www-0.shop.tld. alpn="dot"'),
  record('www.shop.tld.', 'CNAME', 'www-0.shop.tld.', 300),
  record('cdn.shop.tld.', 'CNAME', 'Edge-7.cdn.other.tld.', 60),
  record('*.wild.shop.tld.', 'A', '10.7.7.7'),
  record('*.wild.shop.tld.', 'TXT', '"from a wildcard"'),
  record('not.wild.shop.tld.', 'A', '10.7.7.8'),
  record('*.alias.shop.tld.', 'CNAME', 'www-0.shop.tld.'),
  record('*._tcp.shop.tld.', 'TLSA', `3 1 2 ${HEX}${HEX}`),
  record('a.b.c.ent.shop.tld.', 'A', '10.7.7.9'),
  record('rare.shop.tld.', 'HINFO', '"PDP-11" "UNIX V7"'),
  record('rare.shop.tld.', 'MINFO', 'admin.shop.tld. errors.shop.tld.'),
  record('rare.shop.tld.', 'RP', 'admin.shop.tld. Rare.shop.tld.'),
  record('rare.shop.tld.', 'AFSDB', '1 db-2.shop.tld.'),
  record('rare.shop.tld.', 'X25', '"311061700956"'),
  record('rare.shop.tld.', 'ISDN', '"150862028003217" "004"'),
  record('rare.shop.tld.', 'RT', '10 api-1.shop.tld.'),
  record('rare.shop.tld.', 'PX', '10 map822.shop.tld. mapx400.shop.tld.'),
  record('rare.shop.tld.', 'KX', '10 api-1.shop.tld.'),
  record('rare.shop.tld.', 'LOC', '52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m'),
  record('rare.shop.tld.', 'CERT', '1 2 3 AQIDBA=='),
  record('rare.shop.tld.', 'SSHFP', `4 2 ${HEX}`),
  record('rare.shop.tld.', 'SSHFP', '9 9 00'),
  record('rare.shop.tld.', 'APL', '1:192.168.32.0/21 !1:192.168.38.0/28'),
  record('rare.shop.tld.', 'URI', '10 1 "https://www.shop.tld/"'),
  record('rare.shop.tld.', 'EUI48', '00-00-5e-00-53-2a'),
  record('rare.shop.tld.', 'DHCID', 'AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA='),
  record('rare.shop.tld.', 'OPENPGPKEY', 'AQIDBAUG'),
  record('rare.shop.tld.', 'SPF', '"v=spf1 -all"'),
  record('rare.shop.tld.', 'MB', 'api-1.shop.tld.'),
  record('rare.shop.tld.', 'MR', 'API-1.shop.tld.'),
  record('rare.shop.tld.', 'TYPE65280', '\\# 6 C00CFFFF0001'),
  record('rare.shop.tld.', 'TYPE65280', '\\# 0'),
  record('rare.shop.tld.', 'TYPE1234', '\\# 4 0A000001'),
  record('rare.shop.tld.', 'TYPE300', '\\# 3 03777777'),
]
