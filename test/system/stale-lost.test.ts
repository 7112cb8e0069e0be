import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import packet from 'dns-packet'
import { UdpClient } from '../helpers/dns-client.ts'
import { loopbackUpstream } from '../helpers/loopback-upstream.ts'
import { headerOf, queryPacket } from '../helpers/packets.ts'
import { startResolver } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const HOST = '127.0.0.1'

test('a name that clients ask for all the time is known when the upstreams are gone, whatever else was asked for', async () => {
  await using folder = await temporaryFolder()
  let isGone = false
  await using upstream = await loopbackUpstream((query) => {
    if (isGone) return []
    const { id = 0, questions = [] } = packet.decode(query)
    const answers = questions.map(({ name }) => ({ type: 'A' as const, name, ttl: 3, data: '192.0.2.1' }))
    return [packet.encode({ type: 'response', id, flags: packet.RECURSION_AVAILABLE, questions, answers })]
  })
  const manifests = await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items: [] })
  const config = await folder.write('config.yaml', {
    listen: [`${HOST}:0`],
    source: { manifests: [manifests] },
    forward: { upstreams: [`${HOST}:${upstream.port}`] },
    cache: { entries: 100, prefetch: false },
    lameDuck: '0s',
  })
  await using resolver = await startResolver({ config })
  await using client = await UdpClient.open({ host: HOST, port: resolver.port })
  for (let i = 0; i < 300; i++) {
    await client.ask(queryPacket('popular.example'))
    await client.ask(queryPacket(`n${i}.flood.example`))
  }
  isGone = true
  await sleep(3100)
  client.send(queryPacket('popular.example'))
  assert.equal(headerOf((await client.next(15_000)).octets).rcode, 0)
})
