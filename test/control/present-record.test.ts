import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import packet from 'dns-packet'
import * as fc from 'fast-check'
import { presentRecord } from '../../lib/control/present-record.ts'
import { expandRdata } from '../../lib/dns/expand-rdata.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { parseName } from '../../lib/dns/name.ts'
import type { ResourceRecord } from '../../lib/dns/record.ts'
import { type LoopbackUpstream, loopbackUpstream } from '../helpers/loopback-upstream.ts'

const run = promisify(execFile)
const DIG = '/usr/bin/dig'
const CLASS_CH = 3

const record = (type: number, rdata: Buffer | string, parts: Partial<ResourceRecord> = {}): ResourceRecord => {
  const octets = typeof rdata === 'string' ? Buffer.from(rdata, 'hex') : rdata
  const pieces = expandRdata(octets, type, 0, octets.length)
  return { owner: parseName('www.example.org'), type, class: 1, ttlSeconds: 300, rdata: pieces, ...parts }
}

// Records as dns-packet encodes them, and the line of a zone file.
const KNOWN: readonly (readonly [packet.Answer, string])[] = [
  [{ type: 'A', name: 'a', ttl: 1, data: '192.0.2.255' }, 'a. 1 A 192.0.2.255'],
  [{ type: 'AAAA', name: 'a', ttl: 0, data: '2001:db8:0:0:1:0:0:1' }, 'a. 0 AAAA 2001:db8::1:0:0:1'],
  [{ type: 'AAAA', name: 'a', ttl: 0, data: '::ffff:192.0.2.1' }, 'a. 0 AAAA ::ffff:192.0.2.1'],
  [{ type: 'CNAME', name: 'a', ttl: 5, data: 'b.c' }, 'a. 5 CNAME b.c.'],
  [{ type: 'DNAME', name: 'a', ttl: 5, data: 'b.c' }, 'a. 5 DNAME b.c.'],
  [{ type: 'NS', name: 'a.b', ttl: 5, data: 'ns.b' }, 'a.b. 5 NS ns.b.'],
  [{ type: 'PTR', name: '1.2.0.192.in-addr.arpa', ttl: 5, data: 'b' }, '1.2.0.192.in-addr.arpa. 5 PTR b.'],
  [{ type: 'MX', name: 'a', ttl: 5, data: { preference: 65_535, exchange: 'mx.a' } }, 'a. 5 MX 65535 mx.a.'],
  [
    { type: 'SRV', name: '_dns._udp.a', ttl: 5, data: { priority: 1, weight: 2, port: 53, target: 'b' } },
    '_dns._udp.a. 5 SRV 1 2 53 b.',
  ],
  [
    {
      type: 'SOA',
      name: 'a',
      ttl: 5,
      data: { mname: 'ns.a', rname: 'x.a', serial: 4_294_967_295, refresh: 2, retry: 3, expire: 4, minimum: 5 },
    },
    'a. 5 SOA ns.a. x.a. 4294967295 2 3 4 5',
  ],
  [
    { type: 'TXT', name: 'a', ttl: 5, data: ['v=1 -all', 'b"\\;', 'é\n\u007f'] },
    String.raw`a. 5 TXT "v=1 -all" "b\"\\;" "\195\169\010\127"`,
  ],
  [{ type: 'TXT', name: 'a', ttl: 5, data: '' }, 'a. 5 TXT ""'],
  [{ type: 'HINFO', name: 'a', ttl: 5, data: { cpu: 'RFC8482', os: '' } }, 'a. 5 HINFO "RFC8482" ""'],
  [
    { type: 'CAA', name: 'a', ttl: 5, data: { flags: 128, tag: 'issue', value: 'ca.a; x=1' } },
    'a. 5 CAA 128 issue "ca.a; x=1"',
  ],
  [
    {
      type: 'DS',
      name: 'a',
      ttl: 5,
      data: { keyTag: 1, algorithm: 8, digestType: 2, digest: Buffer.from('abcd', 'hex') },
    },
    'a. 5 DS 1 8 2 ABCD',
  ],
]

const firstOf = (message: Buffer): ResourceRecord => {
  const [placed] = readMessage(message).records
  if (placed === undefined) throw new Error('no record')
  const { owner, type, ttlSeconds, rdataAt, end } = placed
  return { owner, type, class: placed.class, ttlSeconds, rdata: expandRdata(message, type, rdataAt, end) }
}

test('records are written as in a zone file', () => {
  for (const [answer, line] of KNOWN) {
    const message = packet.encode({ type: 'response', questions: [{ type: 'A', name: 'q' }], answers: [answer] })
    assert.equal(presentRecord(firstOf(message)), line)
  }
})

// What cannot be written as its type would be.
const GENERIC: readonly (readonly [ResourceRecord, string])[] = [
  [record(65_280, ''), String.raw`300 TYPE65280 \# 0`],
  [record(65, '000100'), String.raw`300 HTTPS \# 3 000100`],
  [record(16, ''), String.raw`300 TXT \# 0`],
  [record(16, '0561'), String.raw`300 TXT \# 2 0561`],
  [record(43, '00010802'), String.raw`300 DS \# 4 00010802`],
  [record(257, '00'), String.raw`300 CAA \# 1 00`],
  [record(257, '0003612062'), String.raw`300 CAA \# 5 0003612062`],
  [record(257, '0005616263'), String.raw`300 CAA \# 5 0005616263`],
  [record(1, 'c0000201', { class: CLASS_CH }), String.raw`300 CLASS3 A \# 4 c0000201`],
  [record(5, '0161016200', { class: CLASS_CH }), String.raw`300 CLASS3 CNAME \# 5 0161016200`],
]

test('what is not known, or not well formed, is written as RFC 3597 has it', () => {
  for (const [given, line] of GENERIC) assert.equal(presentRecord(given), `www.example.org. ${line}`)
})

test('whatever a record holds, it is one line of printable ASCII', () => {
  const octets = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array))
  const types = fc.constantFrom(1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 39, 43, 64, 65, 257, 65_280)
  fc.assert(
    fc.property(types, octets, fc.constantFrom(1, CLASS_CH), (type, rdata, klass) => {
      const pieces = [{ octets: rdata }]
      const line = presentRecord({ owner: parseName('a\\007'), type, class: klass, ttlSeconds: 1, rdata: pieces })
      assert.match(line, /^a\\007\. 1 (CLASS3 )?[A-Z]+\d* [ -~]+$/)
    }),
  )
})

// RDATA by type number, as octets.
const ASKED: readonly (readonly [number, string])[] = [
  [1, 'c0000201'],
  [28, '20010db8000000000000000000000001'],
  [28, '00000000000000000000ffffc0000201'],
  [28, '20010db8000100010001000100010001'],
  [5, '03777777076578616d706c6500'],
  [12, '0161015a00'],
  [15, '000a026d7800'],
  [33, '0001000200350161076578616d706c6500'],
  [6, '026e7300017800ffffffff00001c20000007080012750000000e10'],
  [16, '0576 3d31 2261 045c 07 ff 3b'.replaceAll(' ', '')],
  [257, '00056973737565 63612e6578616d706c65'.replace(' ', '')],
  [43, '000108020102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20'],
  [65_280, 'abcdef'],
  [65_281, ''],
]

// The question goes out with this type; dig takes the numbers.
async function dig(upstream: LoopbackUpstream, type: number, flags: readonly string[]): Promise<string> {
  const words = [`@${upstream.host}`, '-p', String(upstream.port), '-r', 'www.example.org', `TYPE${type}`]
  const { stdout } = await run(DIG, [...words, '+noall', '+answer', '+nosplit', '+tries=1', '+time=5', ...flags])
  return stdout.trim().replace(/\s+/g, ' ')
}

function replyTo(query: Buffer, rdata: Buffer): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5)
  const head = Buffer.concat([query.subarray(0, 2), Buffer.from('81800001000100000000', 'hex')])
  const fixed = Buffer.alloc(10)
  question.copy(fixed, 0, question.length - 4)
  fixed.writeUInt32BE(300, 4)
  fixed.writeUInt16BE(rdata.length, 8)
  return Buffer.concat([head, question, question.subarray(0, -4), fixed, rdata])
}

test('dig writes the same', async () => {
  for (const [type, hex] of ASKED) {
    const rdata = Buffer.from(hex, 'hex')
    await using upstream = await loopbackUpstream((query) => [replyTo(query, rdata)])
    const ours = presentRecord(record(type, rdata)).replace(' 300 ', ' 300 IN ').toLowerCase()
    // What we write as RFC 3597 has it, dig does when it is told to.
    const theirs = await dig(upstream, type, ours.includes(String.raw` \# `) ? ['+unknownformat'] : [])
    assert.equal(ours, theirs.replace('CLASS1 ', 'IN ').toLowerCase(), `type ${type}`)
  }
})
