// Copy to test/system/forwarding/.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { freeLowPort } from '../../peers/free-low-port.ts'
import { explained } from './explained.ts'
import { dnsmasqBefore } from './forwarding-server.ts'
import { resolverWith } from './resolver-with.ts'

test('a server that leads back here is found where it is upstream and cluster DNS at once', async () => {
  await using folder = await temporaryFolder()
  const port = await freeLowPort()
  await using back = await dnsmasqBefore(port)
  const looping = `127.0.0.1:${back.ports[0]}`
  const sections = { listen: [`127.0.0.1:${port}`], forward: { upstreams: [looping] }, clusterDNS: [looping] }
  await using resolver = await resolverWith(folder, sections)
  await resolver.logged(({ msg }) => msg.startsWith('forwarding loop: '))
  await sleep(1000)
  for (const name of ['www.example', 'www.shop.svc.cluster.local']) {
    const { errors } = await explained(resolver, name)
    assert.deepEqual(errors, [`22 ${looping} leads back here`], name)
  }
})
