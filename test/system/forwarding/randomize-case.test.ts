import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { spelled } from '../../helpers/packets.ts'
import { explained } from './explained.ts'
import { NameServer } from './name-server.ts'
import { resolverWith } from './resolver-with.ts'

const name = (i: number): string => `a-rather-long-name-${i}.with-several.labels.example`
const COUNT = 10

/** The reply as a server spells it that knows lower case only. */
const lowered = (reply: Buffer): Buffer => {
  const copy = Buffer.from(reply)
  for (let i = 12; copy[i] !== 0; i++)
    if ((copy[i] as number) >= 65 && (copy[i] as number) <= 90) copy[i] = (copy[i] as number) | 32
  return copy
}

const settings = (upstream: NameServer) => ({ forward: { upstreams: [upstream.place], randomizeCase: true } })

test('upstreams see letter case drawn at random, clients their own', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  await using resolver = await resolverWith(folder, settings(upstream))
  for (let i = 0; i < COUNT; i++) {
    for (const asked of [name(i), name(i).toUpperCase()]) {
      const { rcode, octets } = await explained(resolver, asked)
      assert.equal(rcode, 'NOERROR')
      assert.ok(octets.subarray(12).indexOf(spelled(asked)) === 0, 'the question as it was spelled')
    }
  }
  assert.deepEqual(
    upstream.asked.map((one) => one.name.toLowerCase()),
    Array.from({ length: COUNT }, (_, i) => name(i)),
  )
  // Of so many letters the chance of any that is all lower is nil.
  for (const { name: seen } of upstream.asked) assert.match(seen, /[a-z].*[A-Z]|[A-Z].*[a-z]/)
})

test('an upstream that spells the name in its own way over UDP is asked over TCP', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1', overUdp: lowered })
  await using resolver = await resolverWith(folder, settings(upstream))
  const { rcode } = await explained(resolver, name(1))
  assert.equal(rcode, 'NOERROR')
  assert.deepEqual(
    upstream.asked.map(({ transport }) => transport),
    ['udp', 'tcp'],
  )
})

test('unless it is asked for, the case of a name goes through as it is', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  await using resolver = await resolverWith(folder, { forward: { upstreams: [upstream.place] } })
  await explained(resolver, 'www.Example')
  assert.deepEqual(
    upstream.asked.map((one) => one.name),
    ['www.Example'],
  )
})
