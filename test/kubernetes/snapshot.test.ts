import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ClusterObject, EndpointSlice } from '../../lib/cluster/objects.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { AS_OF_MS, IDENTITY, read, serviceObject, SMALL, TRUST, write } from './snapshots.ts'

const PLAIN = { noNullPrototype: true } as const
const text = fc.string({ unit: 'binary', maxLength: 12 })
const texts = fc.array(text, { maxLength: 2 })
const port = fc.record({ name: text, protocol: text, port: fc.nat(65_535) }, PLAIN)
const overrides = { minReady: fc.nat(), leaveAfterMs: fc.nat(), returnAfterMs: fc.nat() }
const endpoint = fc.record({ addresses: texts, ready: fc.boolean(), hostname: text, pod: text }, PLAIN)
const objectOf: fc.Arbitrary<ClusterObject> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('Service' as const),
      namespace: text,
      name: text,
      type: fc.constantFrom('ClusterIP' as const, 'Headless' as const, 'ExternalName' as const),
      clusterIPs: texts,
      externalName: text,
      ports: fc.array(port, { maxLength: 2 }),
      publishNotReadyAddresses: fc.boolean(),
      health: fc.record(overrides, { ...PLAIN, requiredKeys: [] }),
    },
    PLAIN,
  ),
  fc.record(
    {
      kind: fc.constant('EndpointSlice' as const),
      namespace: text,
      name: text,
      service: text,
      family: fc.constantFrom('IPv4' as const, 'IPv6' as const),
      ports: fc.array(port, { maxLength: 2 }),
      endpoints: fc.array(endpoint, { maxLength: 3 }),
    },
    PLAIN,
  ),
  fc.record({ kind: fc.constant('Node' as const), name: text, labels: fc.dictionary(text, text, PLAIN) }, PLAIN),
)
const healthOf = fc.record(
  { healthy: fc.boolean(), wasHealthy: fc.boolean(), contradictedSinceMs: fc.integer() },
  { ...PLAIN, requiredKeys: ['healthy', 'wasHealthy'] },
)
const snapshotOf = fc.record(
  {
    asOfMs: fc.integer({ min: AS_OF_MS, max: AS_OF_MS * 2 }),
    objects: fc.array(objectOf, { maxLength: 8 }),
    healths: fc.array(fc.tuple(text, healthOf), { maxLength: 8 }),
  },
  PLAIN,
)

test('what was written is read again', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await fc.assert(
    fc.asyncProperty(snapshotOf, async (snapshot) => {
      await write(path, snapshot)
      assert.deepEqual(await read(path), snapshot)
    }),
    { numRuns: 200 },
  )
})

test('what was written is read again, whatever character is in it', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  const odd: ClusterObject = { kind: 'Node', name: 'n1', labels: { note: 'one\u2028two\u2029three' } }
  await write(path, { ...SMALL, objects: [odd] })
  assert.deepEqual((await read(path))?.objects, [odd])
})

test('it tells how large it is, and is for us alone', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  assert.equal(await write(path), (await stat(path)).size)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(folder.path), ['snapshot'])
})

test('where none is, none is read', async () => {
  await using folder = await temporaryFolder()
  assert.equal(await read(folder.file('snapshot')), undefined)
})

test('a bit that is wrong, any one, and nothing of it is used', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await write(path)
  const octets = await readFile(path)
  assert.ok(octets.length > 300 && octets.length < 1000, `${octets.length} octets`)
  for (let bit = 0; bit < octets.length * 8; bit++) {
    const flipped = Buffer.from(octets)
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    await writeFile(path, flipped)
    await assert.rejects(read(path), /^Error: it /, `bit ${bit}`)
  }
  await writeFile(path, octets)
  assert.deepEqual(await read(path), SMALL)
})

test('an end that is missing, wherever, and nothing of it is used', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await write(path)
  const octets = await readFile(path)
  for (let length = 0; length < octets.length; length++) {
    await writeFile(path, octets.subarray(0, length))
    await assert.rejects(read(path), /^Error: it /, `${length} octets`)
  }
})

test('what comes after the end, twice or instead, and nothing of it is used', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await write(path)
  const whole = await readFile(path, 'utf8')
  const [head = '', object = '', health = '', end = ''] = whole.split('\n')
  const rows = [
    whole + whole,
    `${whole}\n`,
    `${whole}["object",{}]\n`,
    [head, end, ''].join('\n'),
    [head, health, object, end, ''].join('\n'),
    [head, object, object, health, end, ''].join('\n'),
    [object, health, end, ''].join('\n'),
    [head, head, object, health, end, ''].join('\n'),
    'hello\n',
    '{}\n',
    'null\n',
    '[]\n',
    '\n',
    '\0'.repeat(600),
  ]
  for (const content of rows) {
    await writeFile(path, content)
    await assert.rejects(read(path), /^Error: it /, content)
  }
})

test('what is of another cluster, node or choice of objects is refused, and says so', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  for (const key of ['cluster', 'node', 'scope'] as const) {
    await write(path, SMALL, { ...IDENTITY, [key]: 'other' })
    await assert.rejects(read(path), { message: `it is of another ${key}` })
  }
})

test('what another version has written is refused, and says so', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await write(path)
  const whole = await readFile(path, 'utf8')
  await writeFile(path, whole.replace('snapshot",1,', 'snapshot",2,'))
  await assert.rejects(read(path), { message: 'it is of version 2, not 1' })
})

test('what is too old is refused, and says of when it is', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await write(path)
  assert.deepEqual(await read(path, IDENTITY, { ...TRUST, oldestMs: AS_OF_MS }), SMALL)
  const tooOld = read(path, IDENTITY, { ...TRUST, oldestMs: AS_OF_MS + 1 })
  await assert.rejects(tooOld, { message: 'it is too old: of 2023-11-14T22:13:20.000Z' })
})

test('whoever reads while it is written has the one before or the one after', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  const contents = ['a', 'b'].map((mark) => ({
    ...SMALL,
    objects: Array.from({ length: 700 }, (_, n) => serviceObject(`${mark}${n}`)),
  }))
  await write(path, contents[0])
  const written = new AbortController()
  const writing = async () => {
    for (let n = 0; n < 60; n++) await write(path, contents[n % 2])
    written.abort()
  }
  const reading = async () => {
    while (!written.signal.aborted) {
      const { objects = [] } = (await read(path)) ?? {}
      const marks = new Set(objects.map(({ name }) => name[0]))
      assert.deepEqual([objects.length, marks.size], [700, 1])
    }
  }
  for (const outcome of await Promise.allSettled([writing(), reading()])) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
})

const bigSlice = (n: number): EndpointSlice => ({
  kind: 'EndpointSlice',
  namespace: 'shop',
  name: `web${n}-a`,
  service: `web${n}`,
  family: 'IPv4',
  ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  endpoints: Array.from({ length: 10 }, (_, i) => ({
    addresses: [`10.${n >> 8}.${n & 255}.${i}`],
    ready: true,
    hostname: '',
    pod: `shop/web${n}-${i}`,
  })),
})

test('queries do not wait while a large cluster is written or read', async (t) => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  const numbers = Array.from({ length: 10_000 }, (_, n) => n)
  const objects = [...numbers.map((n) => serviceObject(`web${n}`)), ...numbers.map(bigSlice)]
  const healths = numbers.map((n) => [`shop/web${n}`, { healthy: true, wasHealthy: true }] as const)
  const measured = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const beganAt = performance.now()
    await work()
    const tookMs = Math.round(performance.now() - beganAt)
    delay.disable()
    const worstMs = delay.max / 1e6
    t.diagnostic(`${what}: ${tookMs} ms, the event loop stood still for at most ${worstMs.toFixed(1)} ms`)
    assert.ok(worstMs < 500, `${worstMs} ms`)
  }
  await measured('written', () => write(path, { asOfMs: AS_OF_MS, objects, healths }))
  t.diagnostic(`${Math.round((await stat(path)).size / 1e6)} MB`)
  await measured('read', async () => assert.equal((await read(path))?.objects.length, 20_000))
})
