import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readObjects } from '../../lib/manifests/read-objects.ts'

interface Found {
  readonly line: number
  readonly name: unknown
}

function found(text: string, isJson = false): Found[] {
  const outcome = readObjects(text, isJson)
  if ('problem' in outcome) assert.fail(outcome.problem)
  return outcome.objects.map(({ value, line }) => ({ line, name: nameOf(value) }))
}

const nameOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'metadata' in value
    ? (value.metadata as { name: unknown }).name
    : value

function problem(text: string, isJson = false): string {
  const outcome = readObjects(text, isJson)
  return 'problem' in outcome ? outcome.problem : assert.fail(`taken: ${JSON.stringify(outcome.objects)}`)
}

const doc = (name: string): string => `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\n`

test('every document of a YAML file is an object, with the line that it begins at', () => {
  assert.deepEqual(found(`# a comment\n${doc('a')}---\n${doc('b')}---\n\n${doc('c')}`), [
    { line: 2, name: 'a' },
    { line: 6, name: 'b' },
    { line: 11, name: 'c' },
  ])
})

test('empty documents, comments, directives and end marks are nothing', () => {
  for (const text of ['', '\n', '---\n', '# nothing\n', '---\n---\n...\n', '--- ~\n'])
    assert.deepEqual(found(text), [], JSON.stringify(text))
  assert.deepEqual(
    found(`%YAML 1.2\n---\n${doc('a')}...\n---\n# none\n---\n${doc('b')}`).map(({ name }) => name),
    ['a', 'b'],
  )
})

test('a byte order mark and line ends of CR LF change nothing', () => {
  const text = `${doc('a')}---\n${doc('b')}`
  assert.deepEqual(found(`\ufeff${text}`), found(text))
  assert.deepEqual(found(text.replaceAll('\n', '\r\n')), found(text))
})

test('a JSON file holds one object, and YAML may be written as JSON', () => {
  const text = '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}'
  assert.deepEqual(found(text, true), [{ line: 1, name: 'a' }])
  assert.deepEqual(found(text, false), [{ line: 1, name: 'a' }])
})

test('a byte order mark before JSON changes nothing', () => {
  assert.deepEqual(found('\ufeff{"metadata": {"name": "a"}}', true), [{ line: 1, name: 'a' }])
})

test('a List is taken apart, whatever is in it', () => {
  const items = '[{"metadata": {"name": "a"}}, 7, null, {"metadata": {"name": "b"}}]'
  const names = found(`{"apiVersion": "v1", "kind": "List", "items": ${items}}`, true).map(({ name }) => name)
  assert.deepEqual(names, ['a', 7, null, 'b'])
  assert.deepEqual(found('{"apiVersion": "v1", "kind": "List", "items": []}', true), [])
})

test('a List in a List is taken apart too', () => {
  const inner = '{"apiVersion": "v1", "kind": "List", "items": [{"metadata": {"name": "a"}}]}'
  const names = found(`{"apiVersion": "v1", "kind": "List", "items": [${inner}]}`, true).map(({ name }) => name)
  assert.deepEqual(names, ['a'])
})

test('an object of another kind that has items, or a List that has none, is left as it is', () => {
  for (const object of [
    { kind: 'Menu', items: [{ metadata: { name: 'a' } }] },
    { kind: 'List', items: 'a' },
    { kind: 'List' },
    { kind: 'ListOfThings', items: [] },
  ])
    assert.deepEqual(readObjects(JSON.stringify(object), true), { objects: [{ value: object, line: 1 }] })
})

test('items of a ServiceList and the like are what the list is of, unless they say otherwise', () => {
  const list = (kind: string, apiVersion: string, item: object) => {
    const outcome = readObjects(JSON.stringify({ apiVersion, kind, items: [item] }), true)
    return 'objects' in outcome ? outcome.objects[0]?.value : undefined
  }
  const metadata = { name: 'a' }
  assert.deepEqual(list('ServiceList', 'v1', { metadata }), { apiVersion: 'v1', kind: 'Service', metadata })
  const sliceVersion = 'discovery.k8s.io/v1'
  assert.deepEqual(list('EndpointSliceList', sliceVersion, { metadata }), {
    apiVersion: sliceVersion,
    kind: 'EndpointSlice',
    metadata,
  })
  const own = { apiVersion: 'v1', kind: 'Node', metadata }
  assert.deepEqual(list('ServiceList', 'v1', own), own)
})

// Ten times ten times ten: nine short lines that stand for a billion numbers.
const BOMB = Array.from(
  { length: 9 },
  (_, i) =>
    `l${i}: &l${i} [${Array(10)
      .fill(i === 0 ? 1 : `*l${i - 1}`)
      .join()}]`,
).join('\n')

test('a file that is broken says where', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    [`${doc('a')}---\n${doc('b')}\tspec: x\n`, /^line 8: /],
    [`${doc('a')}spec: { ports: [\n`, /^line [45]: /],
    [`${doc('a')}spec: "x\n`, /^line [45]: Missing closing "/],
    [`${doc('a')}kind: Node\n`, /^line 4: Map keys must be unique/],
    [`${doc('a')}---\n${doc('b')}spec: *nowhere\n`, /^line [58]: Unresolved alias/],
    [BOMB, /^line 1: Excessive alias/],
  ]
  for (const [text, message] of rows) assert.match(problem(text), message)
})

test('JSON that is broken says where', () => {
  assert.match(problem('{\n"a": 1,,\n"b": 2,\n"c": 3\n}\n', true), /^line 2: /)
  assert.match(problem('{\n"a": 1,\n}', true), /^line 3: /)
  assert.match(problem('{"a": 1}\n{"a": 2}', true), /^line 2: /)
  assert.match(problem('{\n"a": [1,\n', true), /^line 3: /)
  assert.match(problem('', true), /^line 1: /)
  assert.match(problem('metadata: x', true), /^line 1: /)
})

test('a document that nests without end, or contains itself, is refused and no crash', () => {
  assert.match(problem(`a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`), /^line 1: /)
  assert.match(problem(`${doc('a')}spec: &loop { clusterIP: *loop }\n`), /^line \d: /)
})

test('what is nested too deep for the parser is a problem', () => {
  const outcome = readObjects(`a:\n  b:\n    c: ${'d: '.repeat(5000)}\n"`, false)
  assert.match('problem' in outcome ? outcome.problem : '', /^line \d+: .*Maximum call stack size exceeded/)
})
