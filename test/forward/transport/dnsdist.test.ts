import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { tlsConnector } from '../../../lib/forward/transport/tls-connector.ts'
import { eventually } from '../../helpers/eventually.ts'
import { debianLack } from '../../peers/debian.ts'
import { addressIn, numbered } from './answers.ts'
import { Certificates } from './certificates.ts'
import { Dnsdist } from './dnsdist.ts'
import { poolTo } from './pool-under-test.ts'
import { answersEach, overHttps, overTls } from './transports.ts'

// dnsdist, as Debian has it.

const NAME = 'dns.example'
const skip = debianLack(['dnsdist']) ?? false

const certificates = await Certificates.create()
after(() => certificates[Symbol.asyncDispose]())
const right = await certificates.issue({ names: `DNS:${NAME},IP:127.0.0.1` })
const trusted = { name: NAME, ca: certificates.ca }

for (const [order, maxInFlight] of [
  ['one after the other', 0],
  ['in any order', 200],
] as const) {
  test(`dnsdist, DNS over TLS answered ${order}: a thousand questions at once get their own answers`, {
    skip,
  }, async () => {
    await using dnsdist = await Dnsdist.start(right, maxInFlight)
    using dot = overTls(dnsdist.tls, trusted)
    await answersEach(dot)
  })
}

test('dnsdist, DNS over HTTPS: a thousand questions at once get their own answers over one connection', {
  skip,
}, async () => {
  await using dnsdist = await Dnsdist.start(right)
  using doh = overHttps(dnsdist.https, trusted)
  await answersEach(doh)
  assert.equal(doh.counters.connectionsOpened, 1)
  using byAddress = overHttps(dnsdist.https, { ca: certificates.ca })
  assert.equal(addressIn(await byAddress.ask(numbered(7).name)), numbered(7).address)
})

for (const [what, make, trust, message] of [
  [
    'for another name',
    () => certificates.issue({ names: 'DNS:a.example' }),
    trusted,
    /not valid for dns\.example; it is for a\.example$/,
  ],
  ['that has expired', () => certificates.issue({ names: `DNS:${NAME}`, days: -1 }), trusted, /has expired/],
  [
    'of an unknown issuer',
    () => certificates.issue({ names: `DNS:${NAME}` }),
    { name: NAME },
    /issuer that is not trusted/,
  ],
  [
    'that is self-signed',
    () => certificates.selfSigned({ names: `DNS:${NAME}` }),
    trusted,
    /nobody but itself has signed/,
  ],
] as const) {
  test(`dnsdist with a certificate ${what} is refused over TLS and HTTPS, and no question goes there`, {
    skip,
  }, async () => {
    await using dnsdist = await Dnsdist.start(await make())
    using dot = overTls(dnsdist.tls, trust)
    using doh = overHttps(dnsdist.https, trust)
    await assert.rejects(dot.ask('n1.example'), message)
    await assert.rejects(doh.ask('n1.example'), message)
    assert.deepEqual([dot.counters.connectionsOpened, doh.counters.connectionsOpened], [0, 0])
    assert.equal(dnsdist.backend.asked.length, 0)
  })
}

test('dnsdist whose certificate is renewed serves again without a restart of anything', { skip }, async () => {
  const place = await certificates.issue({ names: `DNS:${NAME}`, days: -1 })
  await using dnsdist = await Dnsdist.start(place)
  using dot = overTls(dnsdist.tls, trusted)
  using doh = overHttps(dnsdist.https, trusted)
  for (const transport of [dot, doh]) await assert.rejects(transport.ask('n1.example'), /has expired/)
  await certificates.renew(place, right)
  await dnsdist.reload()
  for (const transport of [dot, doh]) {
    await eventually(async () => assert.equal(addressIn(await transport.ask('n1.example')), '10.0.0.1'))
  }
})

test('a port where dnsdist speaks the other protocol, or none of TLS, is refused in words', { skip }, async () => {
  await using dnsdist = await Dnsdist.start(right)
  const connector = tlsConnector({ server: dnsdist.plain, ...trusted, protocol: 'dot' })
  using dot = poolTo(dnsdist.plain, { connector, limits: { connectTimeoutMs: 500 } })
  await assert.rejects(dot.ask('n1.example'), /no TLS handshake within 0\.5 s|closed the connection/)
  using doh = overHttps(dnsdist.tls, trusted)
  await assert.rejects(doh.ask('n1.example'), /does not offer HTTP\/2|not the protocol/)
  assert.equal(dnsdist.backend.asked.filter(({ query }) => query.length === 128).length, 0)
})
