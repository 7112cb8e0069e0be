import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { numbered } from '../../forward/transport/answers.ts'
import { Certificates, type Issued } from '../../forward/transport/certificates.ts'
import { Dnsdist } from '../../forward/transport/dnsdist.ts'
import { missing } from '../../peers/missing.ts'
import { addressOf, explained } from './explained.ts'
import { isRefused, isReloaded, resolverWith } from './resolver-with.ts'

const skip = missing('dnsdist') ?? false
const NAME = 'dns.example'
// Without it, a dnsdist lets questions that came together wait for the next one.
const IN_FLIGHT = 100

const PROTOCOLS = [
  { protocol: 'tls', of: (to: Dnsdist, name: string) => `tls://127.0.0.1:${to.tls.port}#${name}` },
  { protocol: 'https', of: (to: Dnsdist, name: string) => `https://127.0.0.1:${to.https.port}/dns-query#${name}` },
] as const

/** What is wrong with a certificate, and what a user is told. */
const WRONG: readonly {
  readonly title: string
  readonly issue: (ours: Certificates) => Promise<Issued>
  readonly told: RegExp
}[] = [
  {
    title: 'of another name',
    issue: (ours) => ours.issue({ names: 'DNS:other.example' }),
    told: /has a certificate that is not valid for dns\.example/,
  },
  {
    title: 'that nobody has signed',
    issue: (ours) => ours.selfSigned({ names: `DNS:${NAME}` }),
    told: /has a certificate that nobody but itself has signed/,
  },
  {
    title: 'that has expired',
    issue: (ours) => ours.issue({ names: `DNS:${NAME}`, days: -1 }),
    told: /has a certificate that has expired/,
  },
]

for (const { protocol, of } of PROTOCOLS) {
  test(`answers come over ${protocol}, of whom forward.ca vouches for`, { skip }, async () => {
    await using folder = await temporaryFolder()
    await using certificates = await Certificates.create()
    await using dnsdist = await Dnsdist.start(await certificates.issue({ names: `DNS:${NAME}` }), IN_FLIGHT)
    const forward = { upstreams: [of(dnsdist, NAME)], ca: certificates.caFile }
    await using resolver = await resolverWith(folder, { forward })
    const names = Array.from({ length: 50 }, (_, i) => numbered(i))
    const replies = await Promise.all(names.map(({ name }) => addressOf(resolver, name)))
    assert.deepEqual(
      replies,
      names.map(({ address }) => address),
    )
    assert.deepEqual(
      resolver.log.filter(({ level }) => level !== 'info'),
      [],
    )
  })

  for (const { title, issue, told } of WRONG) {
    test(`over ${protocol}, a certificate ${title} is SERVFAIL, and reply and log say so`, { skip }, async () => {
      await using folder = await temporaryFolder()
      await using certificates = await Certificates.create()
      await using dnsdist = await Dnsdist.start(await issue(certificates), IN_FLIGHT)
      const upstream = of(dnsdist, NAME)
      await using resolver = await resolverWith(folder, { forward: { upstreams: [upstream], ca: certificates.caFile } })
      const { rcode, errors } = await explained(resolver, numbered(1).name)
      assert.equal(rcode, 'SERVFAIL')
      assert.match(errors.join('; '), told)
      const line = await resolver.logged(({ msg }) => msg === 'upstream failed')
      assert.deepEqual([line.level, line['upstream']], ['warn', upstream])
      assert.match(String(line['error']), told)
      assert.deepEqual(dnsdist.backend.asked, [])
    })
  }
}

test('a certificate of an issuer that is not trusted is SERVFAIL, until the file forward.ca has the issuer', {
  skip,
}, async () => {
  await using folder = await temporaryFolder()
  await using before = await Certificates.create()
  await using now = await Certificates.create()
  await using dnsdist = await Dnsdist.start(await now.issue({ names: `DNS:${NAME}` }), IN_FLIGHT)
  const ca = await folder.write('ca.pem', before.ca)
  for (const { of } of PROTOCOLS) {
    await folder.replace('ca.pem', before.ca)
    await using resolver = await resolverWith(folder, { forward: { upstreams: [of(dnsdist, NAME)], ca } })
    const { rcode, errors } = await explained(resolver, numbered(1).name)
    assert.equal(rcode, 'SERVFAIL')
    assert.match(errors.join('; '), /has a certificate of an issuer that is not trusted/)
    await resolver.loggedAfter(() => folder.replace('ca.pem', now.ca), isReloaded)
    await eventually(async () => assert.equal(await addressOf(resolver, numbered(1).name), numbered(1).address))
    // And who vouched for it before does no more.
    await resolver.loggedAfter(() => folder.replace('ca.pem', before.ca), isReloaded)
    const again = await explained(resolver, numbered(2).name)
    assert.match(again.errors.join('; '), /has a certificate of an issuer that is not trusted/)
    await resolver.stop()
  }
})

test('a file forward.ca without a certificate is refused, and the one before stays', { skip }, async () => {
  await using folder = await temporaryFolder()
  await using certificates = await Certificates.create()
  await using dnsdist = await Dnsdist.start(await certificates.issue({ names: `DNS:${NAME}` }), IN_FLIGHT)
  const ca = await folder.write('ca.pem', certificates.ca)
  const forward = { upstreams: PROTOCOLS.map(({ of }) => of(dnsdist, NAME)), ca }
  await using resolver = await resolverWith(folder, { forward })
  for (const [i, content] of ['', certificates.ca.slice(0, 200)].entries()) {
    const { problem } = await resolver.loggedAfter(() => folder.replace('ca.pem', content), isRefused)
    assert.match(String(problem), /^forward\.ca: .*ca\.pem: /)
    await resolver.loggedAfter(() => folder.replace('ca.pem', certificates.ca), isReloaded)
    assert.equal(await addressOf(resolver, numbered(i).name), numbered(i).address)
  }
})
