// Copy to test/system/forwarding/. Needs the port fix ('udp') of cluster-dns.ts to get as far.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeApiServer } from '../../helpers/fake-api-server.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { freeLowPort } from '../../peers/free-low-port.ts'
import { missing } from '../../peers/missing.ts'
import { dnsSlice, kubeDns } from './dns-pods.ts'
import { explained } from './explained.ts'
import { dnsmasqBefore } from './forwarding-server.ts'
import { watchingResolver } from './watching-resolver.ts'

const skip = missing('dnsmasq') ?? false

for (const when of ['before we start', 'while we run'] as const) {
  test(`a pod of the cluster DNS that leads back here is found: there ${when}`, { skip }, async () => {
    await using folder = await temporaryFolder()
    const port = await freeLowPort()
    await using back = await dnsmasqBefore(port)
    await using api = await startFakeApiServer()
    const pod = dnsSlice({ host: '127.0.0.1', port: back.ports[0] ?? 0 })
    api.apply(kubeDns)
    if (when === 'before we start') api.apply(pod)
    const sections = { listen: [`127.0.0.1:${port}`], forward: { upstreams: [] } }
    await using resolver = await watchingResolver(folder, api, sections)
    if (when === 'while we run') api.apply(pod)
    for (let i = 0; i < 4; i++) await explained(resolver, `${i}.1.0.10.in-addr.arpa PTR`)
    const { upstream } = await resolver.logged(({ msg }) => msg.startsWith('forwarding loop: '))
    assert.equal(upstream, `127.0.0.1:${back.ports[0]}`)
  })
}
