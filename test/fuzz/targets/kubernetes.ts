import assert from 'node:assert/strict'
import { isObject } from '../../../lib/base/fields.ts'
import { ApiError } from '../../../lib/kubernetes/api-error.ts'
import { Interruption } from '../../../lib/kubernetes/interruption.ts'
import { LineReader } from '../../../lib/kubernetes/line-reader.ts'
import { ListReader } from '../../../lib/kubernetes/list-reader.ts'
import { watchEvents } from '../../../lib/kubernetes/watch-events.ts'
import { node, service, slice } from '../../helpers/objects.ts'
import { assertShown } from '../checks/assert-shown.ts'
import type { Target } from '../engine/target.ts'

const MAX_OCTETS = 500
const NEWLINE = 10

/** What an API server sends: a list, or a watch, in pieces. The first octet says which, the second how long pieces are. */
export const target: Target = {
  about: ['lib/kubernetes/{line-reader,list-reader,watch-events,api-error}.ts'],
  maxOctets: 2000,
  longOctets: 100_000,
  steps: { base: 500, perOctet: 60 },
  words: [
    '"items":[',
    '"metadata"',
    '"resourceVersion"',
    '"k8s.io/initial-events-end"',
    '"true"',
    '\\"',
    '\\\\',
    '{}',
    '[]',
    'null',
    '"type":"ERROR"',
    '"kind":"Status"',
    '"code":410',
  ],
  async run(octets) {
    const [mode = 0, size = 0] = octets
    const body = octets.subarray(2)
    const pieces = piecesOf(body, 1 + size)
    if (mode % 2 === 0) return assertList(body, pieces)
    assertLines(body, pieces)
    await assertEvents(body, pieces)
  },
  seeds: [
    listOf([service('web.shop'), slice('web.shop'), node('n1', 'z.r')]),
    Buffer.from('\0\x05{"kind":"List","items":[{"a":"]}\\"{["}, {"b":[1,{}]} ] ,"metadata":{"resourceVersion":"7"}}'),
    Buffer.from('\0\x01{"items":[]}'),
    Buffer.from('\0\x01{"x":{"items":[1]},"items":null}'),
    Buffer.from(
      `\x01\x20${JSON.stringify({ type: 'ADDED', object: service('web.shop') })}\n${JSON.stringify({ type: 'DELETED', object: node('n1', 'z.r') })}\n`,
    ),
    Buffer.from(
      '\x01\x03{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}\n\n',
    ),
    Buffer.from(
      '\x01\x03{"type":"ERROR","object":{"kind":"Status","code":410,"message":"gone","details":{"retryAfterSeconds":3,"causes":[{"reason":"ResourceVersionTooLarge"}]}}}\n',
    ),
  ],
}

function listOf(items: readonly unknown[]): Buffer {
  return Buffer.from(
    `\0\x40${JSON.stringify({ kind: 'ServiceList', apiVersion: 'v1', metadata: { resourceVersion: '5' }, items })}`,
  )
}

const piecesOf = (octets: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(octets.length / size) }, (_, i) =>
    Buffer.from(octets.subarray(i * size, (i + 1) * size)),
  )

function parsed(octets: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(octets.toString()) }
  } catch {
    return undefined
  }
}

// A list of objects that JSON reads is read the same, item by item.
function assertList(body: Buffer, pieces: readonly Buffer[]): void {
  const reader = new ListReader(MAX_OCTETS)
  const items: Buffer[] = []
  let around: unknown
  try {
    for (const piece of pieces) items.push(...reader.push(piece))
    around = reader.end()
  } catch (error) {
    assert.ok(error instanceof Error)
    assert.ok(
      !isPlainList(parsed(body)?.value) || body.length > MAX_OCTETS,
      `a list that was refused: ${error.message}`,
    )
    return
  }
  for (const item of items) assert.ok(item.length <= MAX_OCTETS)
  const whole = parsed(body)?.value
  // White space, and other forms of the key, are not what an API server sends.
  if (!isPlainList(whole) || reader.skipped > 0 || JSON.stringify(whole) !== body.toString()) return
  assert.deepEqual(
    items.map((item) => JSON.parse(item.toString()) as unknown),
    whole.items,
  )
  assert.deepEqual(around, { ...whole, items: [] })
}

const isPlainList = (value: unknown): value is { readonly items: readonly object[] } =>
  isObject(value) && Array.isArray(value['items']) && value['items'].every(isObject)

function assertLines(body: Buffer, pieces: readonly Buffer[]): void {
  const reader = new LineReader(MAX_OCTETS)
  const found = pieces.flatMap((piece) => [...reader.push(piece)])
  const all = body
    .subarray(0, body.lastIndexOf(NEWLINE) + 1)
    .toString('latin1')
    .split('\n')
    .slice(0, -1)
  const wanted = all.filter((line) => line !== '' && line.length <= MAX_OCTETS)
  assert.deepEqual(
    found.map((line) => line.toString('latin1')),
    wanted,
  )
  assert.equal(reader.skipped, all.filter((line) => line.length > MAX_OCTETS).length)
}

async function assertEvents(body: Buffer, pieces: readonly Buffer[]): Promise<void> {
  const skipped: string[] = []
  const objects: unknown[] = []
  try {
    const options = { maxObjectOctets: MAX_OCTETS, onSkipped: (problem: string) => skipped.push(problem) }
    for await (const events of watchEvents(arriving(pieces), options)) {
      for (const { type, object, version } of events) {
        assert.match(type, /^(ADDED|MODIFIED|DELETED|BOOKMARK)$/)
        assert.ok(version === undefined || typeof version === 'string')
        objects.push(object)
      }
    }
  } catch (error) {
    assert.ok(error instanceof ApiError || error instanceof Interruption, String(error))
    if (error instanceof ApiError) {
      assertShown([error.message])
      assert.ok(error.retryAfterMs === undefined || (error.retryAfterMs > 0 && error.retryAfterMs <= 300_000))
    }
    return
  }
  const lines = body
    .subarray(0, body.lastIndexOf(NEWLINE) + 1)
    .toString('latin1')
    .split('\n')
  assert.equal(objects.length, lines.filter((line) => line !== '' && line.length <= MAX_OCTETS).length)
}

// oxlint-disable-next-line typescript/require-await
async function* arriving(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces
}
