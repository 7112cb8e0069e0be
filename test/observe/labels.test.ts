import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { formatName, parseName } from '../../lib/dns/name.ts'
import { limitedWarn } from '../../lib/observe/log.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { UdpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { queryPacket, seededRandom } from '../helpers/packets.ts'
import { startResolver } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const ASKED = 10_000
const AT_ONCE = 100
const LABEL_OCTETS = 9

test('SEC-06: 10,000 random types and names make no more labels than a few do', async () => {
  await using folder = await temporaryFolder()
  const manifests = await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items: [] })
  const config = await folder.write('config.yaml', {
    listen: ['127.0.0.1:0'],
    source: { manifests: [manifests] },
    policy: { block: { 'blocked.example': 'nxdomain' } },
    http: { listen: '127.0.0.1:0' },
    metrics: { corednsNames: true },
    lameDuck: '0s',
  })
  await using resolver = await startResolver({ config })
  const samples = async (): Promise<string[]> => {
    const text = await (await fetch(`${resolver.httpUrl}/metrics`)).text()
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  }
  await using client = await UdpClient.open({ host: '127.0.0.1', port: resolver.port })
  const random = seededRandom(6)
  const ask = async (count: number, typeOf: () => number): Promise<void> => {
    for (let i = 0; i < count; i += AT_ONCE) {
      for (let j = 0; j < AT_ONCE; j++) {
        const name = `${random(2 ** 32).toString(36)}.blocked.example`
        client.send(queryPacket(name, { id: j, type: typeOf() }))
      }
      await eventually(() => assert.equal(client.waiting, AT_ONCE))
      while (client.waiting > 0) await client.next()
    }
  }
  // Every type that has a name here, and one that has none.
  let type = 0
  await ask(300, () => ++type % 300)
  const before = await samples()
  await ask(ASKED, () => random(65_536))
  const after = await samples()
  assert.equal(after.length, before.length)
  assert.ok(after.some((line) => line.includes('"other"')))
  assert.ok(!after.some((line) => line.includes('blocked')))
})

test('SEC-05: a name with any octets stays in its line of the log, as \\DDD', () => {
  const lines: string[] = []
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) })
  const odd = Buffer.from([LABEL_OCTETS, 0x0a, 0x1b, 0x22, 0x0d, 0x5c, 0x00, 0xff, 0x2e, 0x20, 0]).toString('latin1')
  const name = odd as ReturnType<typeof parseName>
  limitedWarn(log, systemClock)('fault', 'a query failed because of a fault of ours', { name: formatName(name) })
  assert.equal(lines.join('').split('\n').length, 2)
  const { name: logged } = JSON.parse(lines[0] ?? '') as { name: string }
  assert.match(logged, /^[\x21-\x7e]+$/)
  assert.ok(logged.startsWith('\\010\\027'), logged)
  assert.equal(parseName(logged), name)
})
