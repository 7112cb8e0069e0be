import assert from 'node:assert/strict'
import { authored, type AuthoredAnswer, TTL_ZERO } from '../../../lib/dns/answer.ts'
import { MAX_MESSAGE_OCTETS, TYPE } from '../../../lib/dns/constants.ts'
import { ADMIT, Gate } from '../../../lib/dns/gate.ts'
import { type Image, imageOf } from '../../../lib/dns/image.ts'
import { replyFromImage, replyLimit } from '../../../lib/dns/reply.ts'
import type { ResourceRecord } from '../../../lib/dns/record.ts'
import type { WireMessage } from '../../differential/wire.ts'
import { queryPacket } from '../../helpers/packets.ts'
import { assertReply } from '../checks/assert-reply.ts'
import { Draw } from '../checks/draw.ts'
import { drawName } from '../checks/draw-name.ts'
import { drawRecord } from '../checks/draw-record.ts'
import { recordText, wireText } from '../checks/record-text.ts'
import type { Target } from '../engine/target.ts'

const NOW_MS = 1_000_000
const MAX_RECORDS = 2000
const RCODES = [0, 0, 0, 2, 3, 5]
const TC = 0x0200
const OPT_OCTETS = 11

/** Images of what we author, and replies made of them: octets are drawn as a query and its answer. */
export const target: Target = {
  about: ['lib/dns/{image,reply,encode}.ts'],
  maxOctets: 3000,
  longOctets: 65_535,
  steps: { base: 20_000, perOctet: 300 },
  run(octets) {
    const draw = new Draw(octets)
    const packet = drawQuery(draw)
    const overUdp = draw.flag()
    const laterMs = draw.flag() ? draw.uint16() : draw.uint32()
    const answer = drawAnswer(draw)
    const gate = new Gate()
    assert.equal(gate.admit(packet), ADMIT)
    const image = imageOf(gate.query(packet, NOW_MS), answer)
    const before = Buffer.from(image.bytes)
    const limit = replyLimit(gate, overUdp)
    assert.ok(overUdp ? limit >= 512 && limit <= 1232 : limit === MAX_MESSAGE_OCTETS)
    for (let turn = 0; turn < 3; turn++) {
      const nowMs = NOW_MS + turn * laterMs
      const reply = replyFromImage(packet, gate, image, { limit, nowMs })
      const hasEdns = gate.edns
      const read = assertReply(reply, { packet, hasEdns, questionEnd: gate.questionEnd, limit })
      assertAnswered(read, answer, { nowMs, limit, image })
    }
    assert.ok(image.bytes.equals(before), 'the image was written to')
    const { rotation } = image
    if (rotation !== undefined) assert.ok(rotation.turn >= 0 && rotation.turn < rotation.count)
  },
  seeds: [
    Buffer.alloc(1),
    Buffer.alloc(200, Buffer.of(0, 2, 1, 2, 3, 1, 0, 9, 9, 28, 0, 24, 3, 1, 2, 0, 1, 5, 10, 0, 0, 1)),
    Buffer.alloc(900, Buffer.of(0, 24, 2, 1, 2, 1, 60, 0, 10, 0, 0, 1)),
    Buffer.alloc(2500, 'abcdefghijklmnopqrstuvwxyz0123456789'),
  ],
}

function drawQuery(draw: Draw): Buffer {
  const name = Buffer.from(drawName(draw), 'latin1')
  const edns = draw.flag() ? { payloadOctets: draw.uint16(), flags: draw.flag() ? 0x8000 : 0 } : undefined
  const flags = (draw.flag() ? 0x0100 : 0) | (draw.flag() ? 0x0010 : 0)
  const type = draw.pick([1, 28, 33, 16, 255])
  return queryPacket(name, { id: draw.uint16(), flags, type, ...(edns && { edns }) })
}

function drawAnswer(draw: Draw): AuthoredAnswer {
  const parts = {
    rcode: draw.pick(RCODES),
    authoritative: draw.flag(),
    ttlCapSeconds: draw.flag() ? draw.uint16() : Number.POSITIVE_INFINITY,
    errors: Array.from({ length: draw.below(4) }, () => ({
      code: draw.uint16(),
      text: draw.octets(draw.below(200)).toString(),
    })),
  }
  const sections: ResourceRecord[][] = [[], [], []]
  let before: ResourceRecord | undefined
  for (let left = MAX_RECORDS; left > 0 && !draw.isDone; left--) {
    const section = draw.pick([0, 0, 0, 1, 2])
    before = drawDecaying(draw, before)
    sections[section]?.push(before)
  }
  const [answer = [], authority = [], additional = []] = sections
  return authored({ ...parts, answer, authority, additional })
}

// Now and then another address of the one before, so that there is a set to turn.
function drawDecaying(draw: Draw, before: ResourceRecord | undefined): ResourceRecord {
  const end = draw.pick([undefined, undefined, TTL_ZERO, NOW_MS, NOW_MS + draw.uint16(), NOW_MS + draw.uint32()])
  const decay = end === undefined ? {} : { expiresAtMs: end }
  if (before === undefined || !isAddress(before) || draw.below(4) === 0) return drawRecord(draw, decay)
  const octets = Buffer.alloc(before.type === TYPE.A ? 4 : 16, draw.below(256))
  return { ...before, rdata: [{ octets }], ...(draw.below(8) === 0 && decay) }
}

interface At {
  readonly nowMs: number
  readonly limit: number
  readonly image: Image
}

function assertAnswered(read: WireMessage, answer: AuthoredAnswer, { nowMs, limit, image }: At): void {
  assert.equal(read.flags & 15, answer.rcode)
  assert.equal((read.flags & 0x0400) !== 0, answer.authoritative)
  assert.equal(read.flags & 0x0020, 0, 'AD on what we author')
  if ((read.flags & TC) !== 0) {
    assert.ok(limit < MAX_MESSAGE_OCTETS, 'truncated over TCP')
    assert.ok(image.needed.end + OPT_OCTETS > limit, 'truncated though it fits')
    return
  }
  const all = [...answer.answer, ...answer.authority, ...answer.additional]
  const wanted = all.map((record) => `${recordText(record)} ${ttlOf(record, answer, nowMs)}`)
  const found = read.records.map((record) => `${wireText(record)} ${record.ttlSeconds}`)
  if (image.dropped > 0) return assertPart(found, wanted, { answer, image })
  if (found.length < all.length) assert.ok(found.length >= answer.answer.length, 'an answer left out without TC')
  const expected = wanted.slice(0, found.length)
  assert.deepEqual(found.toSorted(), expected.toSorted())
  const start = isAddress(answer.answer.at(-1)) ? startOfFinalSet(answer) : answer.answer.length
  assertInPlace(found, expected, start)
  assert.deepEqual(found.slice(answer.answer.length), expected.slice(answer.answer.length))
}

// More than a message holds: as many as fit, and of the final set any of them, each once.
function assertPart(found: readonly string[], wanted: readonly string[], { answer, image }: Part): void {
  assert.equal(found.length, wanted.length - image.dropped)
  assertInPlace(found, wanted, Math.min(found.length, startOfFinalSet(answer)))
  const left = new Map<string, number>()
  for (const record of wanted) left.set(record, (left.get(record) ?? 0) + 1)
  for (const record of found) {
    const count = left.get(record) ?? 0
    assert.ok(count > 0, `${record.slice(0, 300)}: more often than in the answer`)
    left.set(record, count - 1)
  }
}

interface Part {
  readonly answer: AuthoredAnswer
  readonly image: Image
}

// All but the final set stands where it stood.
const assertInPlace = (found: readonly string[], wanted: readonly string[], start: number): void =>
  assert.deepEqual(found.slice(0, start), wanted.slice(0, start))

function startOfFinalSet({ answer }: AuthoredAnswer): number {
  const last = answer.at(-1)
  return answer.findLastIndex(({ owner, type }) => owner !== last?.owner || type !== last.type) + 1
}

const isAddress = (record: ResourceRecord | undefined): boolean => record?.type === TYPE.A || record?.type === TYPE.AAAA

function ttlOf({ ttlSeconds, expiresAtMs }: ResourceRecord, { ttlCapSeconds }: AuthoredAnswer, nowMs: number): number {
  if (expiresAtMs === undefined) return Math.min(ttlSeconds, ttlCapSeconds)
  if (expiresAtMs === TTL_ZERO) return 0
  return Math.max(1, Math.min(Math.ceil((expiresAtMs - nowMs) / 1000), ttlCapSeconds))
}
