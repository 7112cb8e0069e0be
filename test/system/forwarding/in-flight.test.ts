// Copy to test/system/forwarding/.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { addressOf } from './explained.ts'
import { NameServer } from './name-server.ts'
import { reloadWith, resolverWith } from './resolver-with.ts'

for (const [title, more, expected] of [
  ['a stub domain', (stub: string) => ({ forward: { stubDomains: { 'acme.example': [stub] } } }), '192.0.2.2'],
  ['a block', () => ({ policy: { block: { 'acme.example': 'nxdomain' } } }), 'NXDOMAIN'],
] as const) {
  test(`what was under way when a reload brought ${title} is not kept`, async () => {
    await using folder = await temporaryFolder()
    await using main = await NameServer.start({ address: '192.0.2.1' })
    await using stub = await NameServer.start({ address: '192.0.2.2' })
    const sections = { forward: { upstreams: [main.place] } }
    await using resolver = await resolverWith(folder, sections)
    const release = main.hold()
    const waiting = addressOf(resolver, 'www.acme.example')
    await eventually(() => assert.ok(main.timesAsked('www.acme.example') > 0))
    const after: { forward?: object; policy?: object } = more(stub.place)
    await reloadWith(resolver, folder, { ...after, forward: { ...sections.forward, ...after.forward } })
    release()
    await waiting
    for (let i = 0; i < 3; i++) assert.equal(await addressOf(resolver, 'www.acme.example'), expected)
  })
}
