// Copy to test/system/forwarding/.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { addressOf } from './explained.ts'
import { NameServer } from './name-server.ts'
import { configWith, isRefused, reloadWith, resolverWith, samplesOf } from './resolver-with.ts'

for (const what of ['keeps what is cached', 'leaves no series of its upstreams'])
  test(`a reload that is refused because an address is taken ${what}`, async () => {
    await using folder = await temporaryFolder()
    await using main = await NameServer.start({ address: '192.0.2.1' })
    await using stub = await NameServer.start({ address: '192.0.2.2' })
    await using taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const forward = { upstreams: [main.place] }
    await using resolver = await resolverWith(folder, { forward })
    assert.equal(await addressOf(resolver, 'www.acme.example'), main.address)
    const bad = {
      listen: ['127.0.0.1:0', `127.0.0.1:${(taken.address() as AddressInfo).port}`],
      forward: { ...forward, stubDomains: { 'acme.example': [stub.place] } },
    }
    await resolver.loggedAfter(() => folder.replace('config.yaml', configWith(folder, bad)), isRefused)
    if (what !== 'keeps what is cached') {
      const series = [...(await samplesOf(resolver)).keys()]
      return assert.deepEqual(
        series.filter((one) => one.includes(stub.place)),
        [],
      )
    }
    assert.equal((await samplesOf(resolver)).get('feddns_cache_entries'), 1)
    assert.equal(main.timesAsked('www.acme.example'), 1)
  })

for (const transport of ['dns', 'tcp'] as const) {
  test(`a question to an upstream (${transport}) that a reload takes away is answered`, async () => {
    await using folder = await temporaryFolder()
    await using slow = await NameServer.start({ address: '192.0.2.1' })
    await using other = await NameServer.start({ address: '192.0.2.2' })
    await using resolver = await resolverWith(folder, { forward: { upstreams: [`${transport}://${slow.place}`] } })
    const release = slow.hold()
    const waiting = addressOf(resolver, 'slow.example')
    await eventually(() => assert.equal(slow.timesAsked('slow.example') > 0, true))
    await reloadWith(resolver, folder, { forward: { upstreams: [other.place] } })
    release()
    assert.notEqual(await waiting, 'SERVFAIL')
  })
}
