import assert from 'node:assert/strict'
import { nameArgument } from '../../../lib/control/name-argument.ts'
import { presentRecord } from '../../../lib/control/present-record.ts'
import { encode } from '../../../lib/dns/encode.ts'
import { readMessage } from '../../../lib/dns/message.ts'
import {
  formatName,
  isAtOrBelow,
  labelsOf,
  lowerCase,
  type Name,
  nameOf,
  parentOf,
  parseName,
  ROOT,
} from '../../../lib/dns/name.ts'
import { randomCase } from '../../../lib/dns/random-case.ts'
import { MalformedMessage, readName } from '../../../lib/dns/read-name.ts'
import { expandRdata } from '../../../lib/dns/expand-rdata.ts'
import { encodeUpstreamQuery } from '../../../lib/dns/upstream-query.ts'
import { readWire } from '../../differential/wire.ts'
import { spelled, uint16s } from '../../helpers/packets.ts'
import { assertShown } from '../checks/assert-shown.ts'
import { Draw } from '../checks/draw.ts'
import { drawName } from '../checks/draw-name.ts'
import { drawRecord } from '../checks/draw-record.ts'
import { recordText, wireText } from '../checks/record-text.ts'
import { referenceName } from '../checks/reference-name.ts'
import type { Target } from '../engine/target.ts'

const MAX_RECORDS = 40
const MAX_START = 512
const HEADER_OCTETS = 12

/** Names as octets, as text, as labels, and in records with compression. The first octet says which. */
export const target: Target = {
  about: [
    'lib/dns/{name,read-name,encode,expand-rdata,random-case,upstream-query}.ts',
    'lib/control/{name-argument,present-record}.ts',
  ],
  maxOctets: 2000,
  longOctets: 65_535,
  steps: { base: 20_000, perOctet: 100 },
  run(octets) {
    const draw = new Draw(octets)
    MODES[draw.below(MODES.length)]?.(draw)
  },
  words: ['\\256', '\\255', '\\000', '\\.', '\\\\', '..', Buffer.of(0xc0, 0x0b), Buffer.of(0xc0, 0x0c)],
  seeds: [
    at(HEADER_OCTETS, spelled('Web.sHop.example')),
    at(HEADER_OCTETS + 5, Buffer.from('\x01a\0'), uint16s(0xc00c), Buffer.from('\x01b'), uint16s(0xc00f)),
    at(HEADER_OCTETS + 2 * 17, ...Array.from({ length: 20 }, (_, i) => uint16s(0xc000 | (10 + 2 * i)))),
    at(HEADER_OCTETS + 2, Buffer.from('\x02a'), uint16s(0xc00c), Buffer.of(0)),
    Buffer.from('\x01web.shop.example.'),
    Buffer.from('\x01a\\.b.\\000\\255.*._tcp.c\\\\d'),
    Buffer.from('\x01.'),
    Buffer.concat([Buffer.of(2, 3), Buffer.from('\x03web\x04shop\x07example')]),
    Buffer.concat([Buffer.of(3, 3, 1, 2), Buffer.alloc(200, 'abcdefghijklmno')]),
  ],
}

// A name in a message.
function at(start: number, ...octets: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(0), uint16s(start), Buffer.alloc(HEADER_OCTETS), ...octets])
}

const MODES: readonly ((draw: Draw) => void)[] = [asOctets, asText, asLabels, asRecords]

function asOctets(draw: Draw): void {
  const at = draw.uint16() % MAX_START
  const octets = draw.rest()
  const wanted = referenceName(octets, at)
  let name: Name
  try {
    const read = readName(octets, at)
    assert.equal(read.end, wanted?.end)
    name = read.name
  } catch (error) {
    assert.ok(error instanceof MalformedMessage, String(error))
    assert.equal(wanted, undefined, 'a name that was not read')
    return
  }
  assert.deepEqual(
    labelsOf(name),
    wanted?.labels.map((label) => lowerCase(label.toString('latin1'))),
  )
  assertName(name)
}

function asText(draw: Draw): void {
  const octets = draw.rest()
  for (const text of [octets.toString('latin1'), octets.toString()]) {
    const name = named(() => parseName(text))
    if (name !== undefined) assertName(name)
    assert.equal(
      named(() => nameArgument(text)),
      isAscii(text) ? name : undefined,
    )
  }
}

// oxlint-disable-next-line no-control-regex
const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)

function asLabels(draw: Draw): void {
  const labels: string[] = []
  for (let left = draw.below(130); left > 0; left--) labels.push(draw.octets(draw.below(66)).toString('latin1'))
  const wireOctets = labels.reduce((sum, label) => sum + label.length + 1, 1)
  const isRight = wireOctets <= 255 && labels.every((label) => label.length > 0 && label.length <= 63)
  const name = named(() => nameOf(labels))
  assert.equal(name !== undefined, isRight)
  if (name === undefined) return
  assert.deepEqual(labelsOf(name), labels.map(lowerCase))
  assertName(name)
}

// Of what is wrong it says so with a RangeError that can be shown.
function named(read: () => Name): Name | undefined {
  try {
    return read()
  } catch (error) {
    assert.ok(error instanceof RangeError, String(error))
    return undefined
  }
}

function assertName(name: Name): void {
  const octets = Buffer.from(name, 'latin1')
  assert.ok(octets.length <= 255)
  assert.deepEqual(readName(octets, 0), { name, end: octets.length })
  const text = formatName(name)
  assertShown([text])
  assert.equal(parseName(text), name, 'formatted and parsed')
  assert.equal(nameArgument(text), name)
  assert.equal(nameOf(labelsOf(name)), name)
  const parent = parentOf(name)
  assert.ok(isAtOrBelow(name, parent) && isAtOrBelow(name, ROOT) && isAtOrBelow(name, name))
  assert.equal(isAtOrBelow(parent, name), name === ROOT)
  let turn = 0
  const spelling = randomCase(octets, () => turn++)
  assert.equal(lowerCase(spelling.toString('latin1')), name)
  const query = { name, type: 1, dnssecOk: true, checkingDisabled: true, spelling }
  const { question, opt } = readWire(encodeUpstreamQuery(query, { id: 7, edns: true }))
  assert.ok(question.equals(Buffer.concat([spelling, uint16s(1, 1)])))
  assert.equal(opt?.flags, 0x8000)
}

function asRecords(draw: Draw): void {
  const question = { name: drawName(draw), type: 1, class: 1 }
  const lists = [[], [], []] as ReturnType<typeof drawRecord>[][]
  for (let left = MAX_RECORDS; left > 0 && !draw.isDone; left--) lists[draw.below(3)]?.push(drawRecord(draw))
  const [answer = [], authority = [], additional = []] = lists
  const { bytes, records, dropped } = encode(question, { answer, authority, additional })
  assert.equal(dropped, 0)
  const all = [...answer, ...authority, ...additional]
  const message = readMessage(bytes)
  assert.equal(message.question.name, question.name)
  assert.deepEqual(
    records.map(({ start, ttlAt, end }) => [start, ttlAt, end]),
    message.records.map(({ start, ttlAt, end }) => [start, ttlAt, end]),
  )
  const read = message.records.map((one) => ({ ...one, rdata: expandRdata(bytes, one.type, one.rdataAt, one.end) }))
  assert.deepEqual(read.map(recordText), all.map(recordText))
  assert.deepEqual(
    read.map(({ section, ttlSeconds }) => [section, ttlSeconds]),
    [
      ...answer.map(({ ttlSeconds }) => ['answer', ttlSeconds]),
      ...authority.map(({ ttlSeconds }) => ['authority', ttlSeconds]),
      ...additional.map(({ ttlSeconds }) => ['additional', ttlSeconds]),
    ],
  )
  const wire = readWire(bytes)
  const names = all.map(recordText)
  assert.deepEqual(wire.records.map(wireText), names)
  for (const record of all) {
    const line = presentRecord(record)
    assert.match(line, /^[ -~]+$/)
  }
}
