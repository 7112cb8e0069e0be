import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntryDocument } from '../../lib/control/cache-verbs.ts'
import { presentEntries } from '../../lib/control/present-entries.ts'

const ENTRY: EntryDocument = {
  name: 'www.example.org.',
  type: 'A',
  variant: '',
  kind: 'positive',
  rcode: 'NOERROR',
  ttlSeconds: 241,
  isStale: false,
  storedSecondsAgo: 59,
  hits: 12,
  upstream: '10.0.0.2:53',
  records: ['www.example.org. 241 A 192.0.2.80'],
  extendedErrors: [],
}

test('entries are lines of a zone file, in columns, with what is known of them', () => {
  const chain = [
    'shop.example. 20 CNAME www.shop.example.',
    'www.shop.example. 5 A 192.0.2.1',
    'www.shop.example. 5 TXT "a  b"',
  ]
  const entries: EntryDocument[] = [
    ENTRY,
    { ...ENTRY, name: 'shop.example.', records: chain, hits: 1, variant: 'docd', upstream: 'tls://10.0.0.2:853' },
  ]
  assert.deepEqual(presentEntries(entries), [
    'www.example.org.  241 A     192.0.2.80         ; NOERROR, 59 s old, 12 hits, from 10.0.0.2:53',
    'shop.example.      20 CNAME www.shop.example.  ; NOERROR, 59 s old, 1 hit, from tls://10.0.0.2:853, asked with DO and CD',
    'www.shop.example.   5 A     192.0.2.1',
    'www.shop.example.   5 TXT   "a  b"',
  ])
})

test('what is no positive answer is a comment as a whole, and stale answers say so', () => {
  const soa = 'example.org. 30 SOA ns.example.org. x.example.org. 1 2 3 4 5'
  const negative: EntryDocument = { ...ENTRY, ttlSeconds: 30, hits: 0, records: [soa] }
  const error = { code: 22, text: 'no "server"\u001b[2J caf\u00e9' }
  const entries: EntryDocument[] = [
    { ...negative, name: 'gone.example.org.', type: 'any', kind: 'nxdomain', rcode: 'NXDOMAIN' },
    { ...negative, kind: 'nodata', type: 'AAAA', variant: 'do' },
    { ...negative, kind: 'failure', rcode: 'SERVFAIL', records: [], extendedErrors: [error, { code: 3, text: '' }] },
    { ...ENTRY, isStale: true, ttlSeconds: -120, storedSecondsAgo: 420, records: ['www.example.org. 0 A 192.0.2.80'] },
  ]
  assert.deepEqual(presentEntries(entries), [
    ';gone.example.org. 30 any  NXDOMAIN    ; NXDOMAIN, 59 s old, 0 hits, from 10.0.0.2:53',
    ';example.org.      30 SOA  ns.example.org. x.example.org. 1 2 3 4 5',
    ';www.example.org.  30 AAAA NODATA      ; NOERROR, 59 s old, 0 hits, from 10.0.0.2:53, asked with DO',
    ';example.org.      30 SOA  ns.example.org. x.example.org. 1 2 3 4 5',
    String.raw`;www.example.org.  30 A    SERVFAIL    ; SERVFAIL, 59 s old, 0 hits, from 10.0.0.2:53, EDE 22 "no \"server\"\u001b[2J caf\u00e9", EDE 3`,
    'www.example.org.    0 A    192.0.2.80  ; STALE for 120 s, NOERROR, 420 s old, 12 hits, from 10.0.0.2:53',
  ])
})

test('one long name or record does not push all others to the right', () => {
  const long = `${'x'.repeat(63)}.${'y'.repeat(63)}.`
  const entries = [{ ...ENTRY, name: long, records: [`${long} 5 TXT "${'z'.repeat(200)}"`] }, ENTRY]
  const [first = '', second = ''] = presentEntries(entries)
  assert.ok(first.startsWith(`${long}   5 TXT "zzz`))
  assert.equal(second.indexOf('192.0.2.80'), 60 + ' 241 TXT '.length)
  assert.equal(second.indexOf(';'), 60 + ' 241 TXT '.length + 40 + 2)
})
