import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { addressOf, explained } from './explained.ts'
import { NameServer } from './name-server.ts'
import { dnsPortLack, nameServersOnDnsPort } from './on-dns-port.ts'
import { reloadWith, resolverWith } from './resolver-with.ts'

// A server that is given by name has no port: it has to be on port 53.
const skip = dnsPortLack() ?? false

test('a server of a stub domain that is given by name is looked up at the upstreams, whoever they are', {
  skip,
}, async () => {
  await using folder = await temporaryFolder()
  await using servers = await nameServersOnDnsPort('192.0.2.1', '192.0.2.2')
  const [one, two] = servers.all
  // Each of them knows another address for the name.
  await using first = await NameServer.start({ address: one.host, ttlSeconds: 0 })
  await using second = await NameServer.start({ address: two.host, ttlSeconds: 0 })
  const to = ({ place }: NameServer) => ({
    // The name is below the domain that the server is for.
    forward: { upstreams: [place], stubDomains: { 'acme.local': ['ns.acme.local'] } },
  })
  await using resolver = await resolverWith(folder, to(first))
  assert.equal(await addressOf(resolver, 'a.acme.local'), one.address)
  await reloadWith(resolver, folder, to(second))
  assert.equal(await addressOf(resolver, 'b.acme.local'), two.address)
  assert.equal(one.timesAsked('b.acme.local'), 0)
})

test('a server of a stub domain whose name leads nowhere is SERVFAIL that names it', { skip }, async () => {
  await using folder = await temporaryFolder()
  const forward = { upstreams: [], stubDomains: { 'acme.local': ['ns.acme.local'] } }
  await using resolver = await resolverWith(folder, { forward })
  const { rcode, errors } = await explained(resolver, 'a.acme.local')
  assert.equal(rcode, 'SERVFAIL')
  assert.match(errors.join(), /ns\.acme\.local/)
})
