import { presented } from './presented-name.ts'
import { record, type Zone, zone } from './zone.ts'

const LABELS: readonly Buffer[] = [
  ...[0, 1, 0x20, 0x22, 0x24, 0x28, 0x2e, 0x3b, 0x40, 0x5c, 0x7f, 0x80, 0xc0, 0xff].map((octet) => Buffer.of(octet)),
  ...['a.b', 'sp ace', 'UPPER', 'MiXeD', '_', '-', '--', '_under_score', 'xn--bcher-kva', '1', '192.0.2.1'].map(latin1),
  ...['\0\0\0', 'nul\0inside', 'a\\.b', '\xc3\xa4\xc3\xb6', '\xff\xfe', 'k\u00c5', '\x03www\x07example'].map(latin1),
  latin1('m'.repeat(63)),
  Buffer.alloc(63, 0xff),
  Buffer.alloc(63, 0x41),
]
const LONG = 'y'.repeat(63)

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** Names that are allowed and seldom seen: any octets, dots in labels, the longest labels, names and paths. */
export function oddZone(): Zone {
  const labels = LABELS.map(presented)
  const names = labels.map((label) => `${label}.odd.tld.`)
  return zone('odd.tld.', [
    ...names.flatMap((name, i) => [record(name, 'A', `10.30.0.${i}`), record(name, 'TXT', `"odd ${i}"`)]),
    ...names.map((name, i) => record(`to-${i}.odd.tld.`, i % 2 === 0 ? 'CNAME' : 'PTR', name)),
    ...names.map((name, i) => record('mx.odd.tld.', 'MX', `${i} ${name}`)),
    ...labels.map((label, i) => record(`below.${label}.deep.odd.tld.`, 'A', `10.30.1.${i}`)),
    // 3 × 64 + 53 + 9 + 1 octets: as long as a name can be.
    record(`${'z'.repeat(52)}.${LONG}.${LONG}.${LONG}.odd.tld.`, 'A', '10.30.2.1'),
    record('longest.odd.tld.', 'CNAME', `${'z'.repeat(52)}.${LONG}.${LONG}.${LONG}.odd.tld.`),
    record(`${'a.'.repeat(122)}odd.tld.`, 'A', '10.30.2.2'),
    ...[0, 1, 3, 86_400, 604_800, 2_147_483_647].map((ttl) => record(`ttl-${ttl}.odd.tld.`, 'A', '10.30.3.1', ttl)),
    record('to-ttl-0.odd.tld.', 'CNAME', 'ttl-0.odd.tld.', 300),
  ])
}
