import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { encode } from '../../../lib/dns/encode.ts'
import { expandRdata } from '../../../lib/dns/expand-rdata.ts'
import { ADMIT, Gate } from '../../../lib/dns/gate.ts'
import { type Message, readMessage } from '../../../lib/dns/message.ts'
import { labelsOf, type Name } from '../../../lib/dns/name.ts'
import { MalformedMessage } from '../../../lib/dns/read-name.ts'
import { randomOctets, seededRandom } from '../../helpers/packets.ts'
import { missing } from '../../peers/missing.ts'
import { Draw } from '../checks/draw.ts'
import { drawName } from '../checks/draw-name.ts'
import { drawRecord } from '../checks/draw-record.ts'
import { UPSTREAM_SEEDS } from '../checks/upstream-seeds.ts'
import { keptInputs } from '../engine/kept-inputs.ts'
import { Mutator } from '../engine/mutator.ts'
import { target as gateTarget } from '../targets/gate.ts'
import { dnspythonReads, type PythonRecord } from './dnspython.ts'

// Other people's decoders, asked about the same messages: what ours takes, they read the same; what they take, ours does.

const skip = missing('dnspython')
const HEADER_OF_UPSTREAM_INPUT = 3
const QDCOUNT = 4
// dnspython expands the name in it, which nobody may compress (RFC 4034 §3.1.7).
const RRSIG = 46

const random = seededRandom(20_261_123)
const mutator = new Mutator({ maxOctets: 1500, words: [] })

/** These, and a few thousand that are each one of them with some changes. */
function withNeighbours(messages: readonly Buffer[], count: number): Buffer[] {
  const any = () => messages[random(messages.length)] as Buffer
  return [...messages, ...Array.from({ length: count }, () => mutator.mutate(any(), any(), random))]
}

const REPLIES = [
  ...withNeighbours(UPSTREAM_SEEDS, 3000),
  ...withNeighbours(Array.from({ length: 500 }, drawnMessage), 2000),
  ...keptInputs('upstream').map((input) => input.subarray(HEADER_OF_UPSTREAM_INPUT)),
]
const QUERIES = [...withNeighbours(gateTarget.seeds, 6000), ...keptInputs('gate')]

function drawnMessage(): Buffer {
  const draw = new Draw(randomOctets(random, 20 + random(400)))
  const question = { name: drawName(draw), type: draw.uint16(), class: 1 }
  const answer = Array.from({ length: 1 + draw.below(6) }, () => drawRecord(draw))
  return encode(question, { answer, authority: [drawRecord(draw)], additional: [drawRecord(draw)] }).bytes
}

function taken(octets: Buffer): Message | undefined {
  try {
    return readMessage(octets)
  } catch (error) {
    assert.ok(error instanceof MalformedMessage)
    return undefined
  }
}

const hex = (text: string): string =>
  Buffer.from(
    text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    'latin1',
  ).toString('hex')

const recordsOf = ({ bytes, records }: Message) =>
  records.map(({ section, owner, type, class: cls, ttlSeconds, rdataAt, end }) => {
    const pieces = expandRdata(bytes, type, rdataAt, end)
    const rdata = pieces.map((piece) => ('name' in piece ? piece.name : piece.octets.toString('latin1'))).join('')
    return [section, hex(owner), type, cls, ttlSeconds, hex(rdata)] as const
  })

// To dnspython a TTL of 32 bits is none at all (RFC 2181 §8), to us a large one (RFC 8767 §4).
const withoutSign = (ttlSeconds: number): number => (ttlSeconds >= 2 ** 31 ? 0 : ttlSeconds)

test('what dnspython takes of upstream messages is taken, and read the same', { skip }, () => {
  let compared = 0
  for (const [i, opinion] of dnspythonReads(REPLIES).entries()) {
    const octets = REPLIES[i] as Buffer
    const message = taken(octets)
    if ('refused' in opinion) continue
    // Of one question only, as ours are.
    if (octets.readUInt16BE(QDCOUNT) !== 1) continue
    if (message === undefined) {
      // Nor does it look into what it does not know.
      assert.ok(
        opinion.records.some((record) => !record[6]),
        `refused: ${octets.toString('hex')}`,
      )
      continue
    }
    const { name, type, class: cls } = message.question
    assert.deepEqual(opinion.questions, [[hex(name), type, cls]])
    assert.deepEqual([opinion.id, opinion.flags, opinion.rcode], [octets.readUInt16BE(0), message.flags, message.rcode])
    const ours = recordsOf(message)
    assert.equal(opinion.records.length, ours.length)
    for (const [at, [section, owner, type, cls, ttlSeconds, rdata]] of ours.entries()) {
      const theirs: PythonRecord | undefined = opinion.records[at]
      if (theirs?.[6] === true && type !== RRSIG)
        assert.deepEqual(theirs.slice(0, 6), [section, owner, type, cls, withoutSign(ttlSeconds), rdata])
    }
    compared++
  }
  assert.ok(compared > 500, `only ${compared} were taken by both`)
})

test('what dns-packet takes of the messages that are taken is read the same', () => {
  let compared = 0
  for (const octets of REPLIES) {
    const message = taken(octets)
    const decoded = message && decodedByPacket(message.bytes)
    if (message === undefined || decoded === undefined || !isPlain(message)) continue
    const { questions = [], answers = [], authorities = [], additionals = [] } = decoded
    assert.deepEqual(
      questions.map(({ name }) => name.toLowerCase()),
      [textOf(message.question.name)],
    )
    const theirs = [...answers, ...authorities, ...additionals].filter(({ type }) => type !== 'OPT')
    assert.deepEqual(
      theirs.map((record) => [record.name.toLowerCase(), 'ttl' in record ? record.ttl : 0]),
      message.records.map(({ owner, ttlSeconds }) => [textOf(owner), ttlSeconds]),
    )
    compared++
  }
  assert.ok(compared > 500, `only ${compared} were taken by both`)
})

function decodedByPacket(octets: Buffer): packet.DecodedPacket | undefined {
  try {
    return packet.decode(octets)
  } catch {
    return undefined
  }
}

// As dns-packet writes names. It has no escapes, and goes astray behind RDATA that it does not know how to read.
const textOf = (name: Name): string => labelsOf(name).join('.') || '.'
const READ_BY_LENGTH: ReadonlySet<number> = new Set([1, 2, 5, 6, 12, 15, 16, 28, 33, 65, 65_280])

const isPlain = ({ question, records }: Message): boolean =>
  records.every(({ type }) => READ_BY_LENGTH.has(type)) &&
  [question.name, ...records.map(({ owner }) => owner)].every((name) =>
    labelsOf(name).every((label) => /^[a-z0-9_-]+$/.test(label)),
  )

test('the gate admits what dnspython takes for a query of ours, and what it admits dnspython takes', { skip }, () => {
  const gate = new Gate()
  let admitted = 0
  for (const [i, opinion] of dnspythonReads(QUERIES).entries()) {
    const octets = QUERIES[i] as Buffer
    const isAdmitted = gate.admit(octets) === ADMIT
    if ('refused' in opinion) {
      // Of records beside OPT, and of what is in OPT, the gate looks at the length alone.
      if (isAdmitted) assert.ok(!isBare(octets.subarray(gate.questionEnd)), opinion.refused)
      continue
    }
    if (!isAdmitted) {
      assert.ok(!isQuery(opinion) || octets.readUInt16BE(10) > 0, `not admitted: ${octets.toString('hex')}`)
      continue
    }
    const [[name, type, cls] = []] = opinion.questions
    assert.deepEqual([name, type, cls, opinion.edns >= 0], [hex(gate.query(octets, 0).name), gate.type, 1, gate.edns])
    admitted++
  }
  assert.ok(admitted > 200, `only ${admitted} were admitted`)
})

// Nothing behind the question, or OPT without options.
const isBare = (rest: Buffer): boolean =>
  rest.length === 0 || (rest.length === 11 && rest.subarray(0, 3).equals(Buffer.of(0, 0, 41)))

type Taken = Exclude<ReturnType<typeof dnspythonReads>[number], { refused: string }>

const isQuery = ({ flags, questions, records }: Taken): boolean =>
  (flags & 0xf800) === 0 && questions.length === 1 && questions[0]?.[2] === 1 && records.length === 0
