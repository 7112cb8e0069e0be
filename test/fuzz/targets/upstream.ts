import assert from 'node:assert/strict'
import type { RelayedAnswer } from '../../../lib/dns/answer.ts'
import { MAX_MESSAGE_OCTETS, TYPE } from '../../../lib/dns/constants.ts'
import { encode } from '../../../lib/dns/encode.ts'
import { frame, FrameReader } from '../../../lib/dns/frame-reader.ts'
import { ADMIT, Gate } from '../../../lib/dns/gate.ts'
import { imageOf } from '../../../lib/dns/image.ts'
import { type Message, readMessage } from '../../../lib/dns/message.ts'
import { MalformedMessage } from '../../../lib/dns/read-name.ts'
import { sectionsOf } from '../../../lib/dns/relayed-records.ts'
import { replyFromImage, replyLimit } from '../../../lib/dns/reply.ts'
import { presentRecord } from '../../../lib/control/present-record.ts'
import { aliasesFirst } from '../../../lib/forward/aliases-first.ts'
import { deniedTarget } from '../../../lib/forward/denied-target.ts'
import { relay } from '../../../lib/forward/relay.ts'
import { staleAnswer } from '../../../lib/forward/stale-answer.ts'
import { isReply } from '../../../lib/forward/transport/is-reply.ts'
import { readWire, type WireMessage, type WireRecord } from '../../differential/wire.ts'
import { queryPacket } from '../../helpers/packets.ts'
import { assertReply } from '../checks/assert-reply.ts'
import { Draw } from '../checks/draw.ts'
import { pointsToNames } from '../checks/points-to-names.ts'
import { recordText, wireText } from '../checks/record-text.ts'
import { UPSTREAM_SEEDS } from '../checks/upstream-seeds.ts'
import type { Target } from '../engine/target.ts'

const NOW_MS = 1_000_000
const LIFETIMES = { minTtl: 0, maxTtl: 86_400_000, maxNegativeTtl: 3_600_000 }
const HEADER_OCTETS = 12

/** A message of an upstream, on its way to a client. Three octets before it say how it is asked for. */
export const target: Target = {
  about: [
    'lib/dns/{message,read-name,expand-rdata,relayed-records,frame-reader,image,reply}.ts',
    'lib/forward/{relay,denied-target,stale-answer}.ts',
    'lib/forward/transport/is-reply.ts',
  ],
  maxOctets: 4000,
  longOctets: 65_535,
  // Records of 16 octets with three names of 127 labels, the most that there can be, take 460; 64 KiB of them 16 ms to read.
  steps: { base: 10_000, perOctet: 500 },
  run(octets) {
    const draw = new Draw(octets)
    const how = { overUdp: draw.flag(), edns: draw.flag(), laterMs: 1000 * draw.below(256) }
    const bytes = draw.rest()
    assertFrames(bytes, 1 + how.laterMs / 1000)
    assertIsReply(bytes)
    const before = Buffer.from(bytes)
    const message = messageOf(bytes)
    if (message === undefined) return
    const answer = relay(message, { nowMs: NOW_MS, from: 'upstream', lifetimes: LIFETIMES })
    assertRelayed(message, answer)
    if (pointsToNames(message)) {
      assertSent(answer, how)
      assertSent(staleAnswer(answer, NOW_MS, []), how)
    }
    assertDenied(answer)
    assert.ok(bytes.equals(before), 'the message was written to')
  },
  // Over UDP, with EDNS and without.
  seeds: [1, 0].flatMap((edns) => UPSTREAM_SEEDS.map((message) => Buffer.concat([Buffer.of(1, edns, 3), message]))),
}

function messageOf(bytes: Buffer): Message | undefined {
  try {
    const message = readMessage(bytes)
    assertRead(message)
    return message
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return undefined
  }
}

// What is taken is read the same by the other decoder.
function assertRead(message: Message): void {
  const { bytes, records, flags, rcode } = message
  const wire = wireOf(bytes)
  if (wire === undefined) return
  assert.deepEqual([wire.flags, wire.rcode], [flags, rcode])
  assert.equal(wire.opt !== undefined, message.opt !== undefined)
  const texts = sectionTexts(message)
  assert.equal(wire.records.length, texts.length)
  for (const [i, record] of wire.records.entries()) {
    assert.equal(record.ttlSeconds, records[i]?.ttlSeconds)
    assert.equal(`${record.section} ${wireText(record)}`, texts[i])
  }
}

// Whatever the options of OPT are, they end here.
function wireOf(bytes: Buffer): WireMessage | undefined {
  try {
    return readWire(bytes)
  } catch (error) {
    if (error instanceof Error && error.stack?.includes('optOf') === true) return undefined
    throw error
  }
}

function sectionTexts(message: Message): string[] {
  const from = { message, expiresAtMs: [] } as unknown as RelayedAnswer
  const { answer, authority } = sectionsOf({ ...from, kind: 'relayed' })
  const additional = message.records.filter(({ section }) => section === 'additional')
  const wire = additional.length === 0 ? [] : (wireOf(message.bytes)?.records ?? []).slice(-additional.length)
  return [
    ...answer.map((record) => `answer ${recordText(record)}`),
    ...authority.map((record) => `authority ${recordText(record)}`),
    ...wire.map((record) => `additional ${wireText(record)}`),
  ]
}

function assertRelayed(received: Message, answer: RelayedAnswer): void {
  const { message } = answer
  const read = readWire(message.bytes)
  assert.equal(read.opt, undefined, 'OPT is between the upstream and us')
  assert.equal(message.bytes.readUInt16BE(0), 0)
  assert.equal(read.flags, 0x8080 | answer.rcode)
  assert.ok(answer.rcode <= 15)
  const { opt, bytes } = received
  const isInOrder = aliasesFirst(received) === received
  if (isInOrder && (opt === undefined || opt.end === bytes.length)) {
    const until = opt?.start ?? bytes.length
    assert.ok(message.bytes.subarray(HEADER_OCTETS).equals(bytes.subarray(HEADER_OCTETS, until)), 'octet for octet')
    const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at))
    if (opt !== undefined) counts[3] = (counts[3] ?? 0) - 1
    assert.deepEqual(
      [4, 6, 8, 10].map((at) => message.bytes.readUInt16BE(at)),
      counts,
    )
  }
  const wanted = wireOf(bytes)
  if (wanted !== undefined) {
    const [relayed, sent] = [read.records.map(shown), wanted.records.map(shown)]
    // Aliases that were out of order are moved, and nothing else comes of it.
    if (isInOrder) assert.deepEqual(relayed, sent)
    else assert.deepEqual(relayed.toSorted(), sent.toSorted())
  }
  assertTimes(answer)
}

function assertTimes({ message, expiresAtMs }: RelayedAnswer): void {
  assert.equal(expiresAtMs.length, message.records.length)
  for (const atMs of expiresAtMs) assert.ok(atMs === 0 || (atMs > NOW_MS && atMs <= NOW_MS + LIFETIMES.maxTtl))
  for (const { ttlAt, ttlSeconds } of message.records) assert.equal(message.bytes.readUInt32BE(ttlAt), ttlSeconds)
}

const shown = (record: WireRecord): string => `${record.section} ${wireText(record)} ${record.ttlSeconds}`

interface How {
  readonly overUdp: boolean
  readonly edns: boolean
  readonly laterMs: number
}

function assertSent(answer: RelayedAnswer, { overUdp, edns, laterMs }: How): void {
  const { name, type, class: cls } = answer.message.question
  if (cls !== 1) return
  const packet = queryPacket(Buffer.from(name, 'latin1'), { type, ...(edns && { edns: {} }) })
  const gate = new Gate()
  if (gate.admit(packet) !== ADMIT) return
  // Its question may be written with a pointer, which nobody relays: the reply would not have that of the client.
  if (answer.message.question.end !== gate.questionEnd) return
  const image = imageOf(gate.query(packet, NOW_MS), answer)
  const limit = replyLimit(gate, overUdp)
  const nowMs = NOW_MS + laterMs
  for (let turn = 0; turn < 2; turn++) {
    const reply = replyFromImage(packet, gate, image, { limit, nowMs })
    const hasEdns = edns && reply.length + 11 <= MAX_MESSAGE_OCTETS
    const read = assertReply(reply, { packet, hasEdns, questionEnd: gate.questionEnd, limit })
    assert.equal(read.flags & 15, answer.rcode)
    assertTtls(read.records, answer, nowMs)
  }
}

function assertTtls(records: readonly { readonly ttlSeconds: number }[], answer: RelayedAnswer, nowMs: number): void {
  const most = Math.max(
    0,
    ...answer.expiresAtMs.map((atMs) => (atMs === 0 ? 0 : Math.max(1, Math.ceil((atMs - nowMs) / 1000)))),
  )
  for (const { ttlSeconds } of records) assert.ok(ttlSeconds <= most, `a TTL of ${ttlSeconds}, at most ${most}`)
}

function assertDenied(answer: RelayedAnswer): void {
  const denied = deniedTarget(answer)
  if (denied !== undefined) readWire(denied.answer.message.bytes)
  const sections = sectionsOf(answer)
  for (const record of [...sections.answer, ...sections.authority]) assert.match(presentRecord(record), /^[ -~]+$/)
  const { bytes, dropped } = encode(answer.message.question, { ...sections, additional: [] })
  if (dropped > 0) return
  const again = readMessage(bytes)
  const texts = sectionTexts(again)
  assert.deepEqual(texts, [
    ...sections.answer.map((record) => `answer ${recordText(record)}`),
    ...sections.authority.map((record) => `authority ${recordText(record)}`),
  ])
}

const QUERY = queryPacket('wEb.shop.example', { id: 0x1234, type: TYPE.HTTPS, edns: {} })
const QUESTION_END = 12 + 18 + 4

function assertIsReply(bytes: Buffer): void {
  const loose = isReply(bytes, QUERY, 0x1234, false)
  const strict = isReply(bytes, QUERY, 0x1234, true)
  const question = bytes.subarray(HEADER_OCTETS, QUESTION_END)
  const asked = QUERY.subarray(HEADER_OCTETS, QUESTION_END)
  const isResponse =
    bytes.length >= QUESTION_END &&
    bytes.readUInt16BE(0) === 0x1234 &&
    (bytes.readUInt16BE(2) & 0xf800) === 0x8000 &&
    bytes.readUInt16BE(4) === 1
  assert.equal(strict, isResponse && question.equals(asked))
  const lower = (octets: Buffer) => octets.toString('latin1').replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const isSame = lower(question) === lower(asked) && question.subarray(-4).equals(asked.subarray(-4))
  assert.equal(loose, isResponse && isSame)
}

// A stream of it, and of the same once more, in pieces.
function assertFrames(bytes: Buffer, size: number): void {
  const stream = Buffer.concat([frame(bytes), bytes])
  const whole = new FrameReader()
  whole.push(Buffer.from(stream))
  const pieces = new FrameReader()
  const found: Buffer[] = []
  for (let at = 0; at < stream.length; at += size) {
    pieces.push(Buffer.from(stream.subarray(at, at + size)))
    for (let next = pieces.next(); next !== undefined; next = pieces.next()) found.push(next)
  }
  for (const message of found) assert.ok(whole.next()?.equals(message))
  assert.equal(whole.next(), undefined)
  assert.ok(found[0]?.equals(bytes))
}
