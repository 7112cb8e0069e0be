import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { feddns } from '../control/feddns.ts'
import { TcpClient, UdpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { queryPacket } from '../helpers/packets.ts'
import type { LogLine } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { type Expectations, SteadyLoad } from '../helpers/steady-load.ts'
import { behaviour } from './behaviour.ts'
import { Rig } from './rig.ts'
import { readReply } from './reply.ts'
import { usual } from './scripted-server.ts'

const NOBODY = 65_534
const LOCAL = 'web.shop.svc.cluster.local.'
const OWN = 'beef 0 NOERROR qr aa rd ra 1/2/0/0'
const asking = (name: string): Buffer => queryPacket(name, { id: 0xbeef })

const USUAL: Expectations = {
  'web.shop.fleet A': [['NOERROR', `web.shop.fleet. CNAME ${LOCAL}`, `${LOCAL} A 10.96.0.1`]],
  'ops.example A': [['NOERROR', 'ops.example. A 192.0.2.1']],
}
const load = (rig: Rig): Promise<SteadyLoad> =>
  SteadyLoad.start(rig.server(), { perSecond: 500, maxSeconds: 30, expected: USUAL })

async function assertNoneLost(asking: SteadyLoad): Promise<void> {
  const { asked, lost, servfail, wrong, examples } = await asking.stop()
  assert.deepEqual({ lost, servfail, wrong, examples }, { lost: 0, servfail: 0, wrong: 0, examples: [] })
  assert.ok(asked > 100, `${asked}`)
}

const isReloaded = ({ msg }: LogLine): boolean => msg === 'configuration reloaded'
const isRefused = ({ msg }: LogLine): boolean => msg === 'configuration refused, the one before stays'

describe('operations', { concurrency: 4 }, () => {
  behaviour(
    'OPS-01',
    'at its end it is unready at once, answers all the while, finishes what it began, and ends with 0',
    async () => {
      await using rig = await Rig.start({ config: { lameDuck: '5s' } })
      rig.upstream.on('ops01.example', async (asked) => {
        await sleep(1400)
        return usual(asked)
      })
      await using asked = await load(rig)
      await asked.more(50)
      await rig.resolver.loggedAfter(
        () => rig.resolver.signal('SIGTERM'),
        ({ msg }) => msg === 'stopping',
      )
      const stoppedMs = performance.now()
      const [ready, health] = [await rig.page('/readyz'), await rig.page('/healthz')]
      assert.deepEqual([ready.status, ready.body, health.status], [503, 'not ready: stopping\n', 200])
      await asked.more(300)
      await assertNoneLost(asked)
      // A question that is under way when the time is over.
      await using client = await UdpClient.open(rig.server())
      await using connection = await TcpClient.open(rig.server())
      await sleep(Math.max(0, 3800 - (performance.now() - stoppedMs)))
      client.send(asking('udp.ops01.example'))
      connection.send(asking('tcp.ops01.example'))
      assert.match(readReply((await client.next()).octets).head, /^beef 0 NOERROR qr rd ra 1\/1/)
      assert.match(readReply(await connection.next()).head, /^beef 0 NOERROR qr rd ra 1\/1/)
      await connection.ended
      assert.deepEqual(await rig.resolver.exited, { code: 0, signal: null })
      await assert.rejects(TcpClient.open(rig.server()), { code: 'ECONNREFUSED' })
      assert.equal(rig.resolver.stderr, '')
    },
  )

  // DESIGN section 7 has the page at /readyz of `http.listen`.
  behaviour('OPS-02', 'until the cluster is known it says what it waits for, and then that it is ready', async () => {
    await using rig = await Rig.start({ config: (file) => ({ source: { manifests: [file('later')], grace: '10m' } }) })
    const before = await rig.page('/readyz')
    assert.deepEqual([before.status, before.body], [503, 'not ready: the state of the cluster is not known\n'])
    assert.equal((await rig.page('/healthz')).status, 200)
    await rig.folder.write('later/cluster.json', { apiVersion: 'v1', kind: 'List', items: [] })
    await eventually(async () => assert.deepEqual(await rig.page('/readyz'), { status: 200, body: 'ok\n' }))
  })

  behaviour('OPS-03', 'a wrong configuration changes nothing, and a right one loses nobody', async () => {
    await using rig = await Rig.start()
    await using asked = await load(rig)
    await using connection = await TcpClient.open(rig.server())
    assert.equal(readReply(await connection.ask(asking('web.shop.fleet'))).head, OWN)
    await asked.more(50)
    const [addresses] = [rig.resolver.addresses]
    for (const [i, bad] of [{ answers: { ttl: '0s' } }, { nonsense: 1 }].entries()) {
      const line = await rig.resolver.loggedAfter(
        () => rig.folder.replace('config.yaml', rig.configWith(bad)),
        isRefused,
      )
      assert.match(String(line['problem']), i === 0 ? /answers\.ttl/ : /nonsense/)
      assert.equal(await rig.metric('feddns_config_reloads_refused_total'), i + 1)
      await asked.more(50)
    }
    for (const good of [{ answers: { ttl: '7s' } }, { cache: { entries: 500 } }, {}]) {
      await rig.resolver.loggedAfter(() => rig.folder.replace('config.yaml', rig.configWith(good)), isReloaded)
      await asked.more(50)
    }
    assert.equal(await rig.metric('feddns_config_reloads_total'), 3)
    assert.deepEqual(rig.resolver.addresses, addresses)
    assert.equal(readReply(await connection.ask(asking('web.shop.fleet'))).head, OWN)
    await assertNoneLost(asked)
  })

  behaviour('OPS-04', 'where it cannot listen it says so once, and does not go on', async () => {
    await using folder = await temporaryFolder()
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    try {
      const address = taken.address()
      const port = typeof address === 'object' ? address?.port : 0
      const runs = [
        { listen: ['127.0.0.2:0', `127.0.0.1:${port}`] },
        { listen: ['127.0.0.1:0'], http: { listen: `127.0.0.1:${port}` } },
        // An address of another machine.
        { listen: ['192.0.2.9:5353'] },
      ].map(async (sections, i) => {
        const config = { source: { manifests: [folder.path] }, forward: { upstreams: [] }, ...sections }
        const { code, stdout, stderr } = await feddns(['resolver', '--config', await folder.write(`${i}.yaml`, config)])
        const lines = stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as LogLine)
        const errors = lines.filter(({ level }) => level === 'error')
        assert.deepEqual([code, errors.length, stderr], [1, 1, ''])
        assert.match(JSON.stringify(errors), i < 2 ? new RegExp(String(port)) : /192\.0\.2\.9/)
        assert.ok(!lines.some(({ msg }) => msg === 'listening'))
      })
      await Promise.all(runs)
      if (process.getuid?.() !== 0) return
      // A file that this user may not read.
      const forbidden = await feddns(['resolver', '--config', folder.file('0.yaml')], { uid: NOBODY })
      assert.deepEqual([forbidden.code, forbidden.stderr], [1, ''])
      assert.match(forbidden.stdout, /permission|EACCES|cannot be read/)
    } finally {
      await new Promise((closed) => taken.close(closed))
    }
  })

  behaviour('OPS-08', 'datagrams that the kernel drops are counted', async () => {
    await using rig = await Rig.start()
    // Stopped, it takes nothing off its socket.
    rig.resolver.signal('SIGSTOP')
    await using client = await UdpClient.open(rig.server())
    const count = 40_000
    for (let i = 0; i < count; i++) {
      client.send(queryPacket('web.shop.fleet', { id: i & 0xffff }))
      if (i % 500 === 499) await new Promise((resolve) => setImmediate(resolve))
    }
    rig.resolver.signal('SIGCONT')
    const [address = ''] = rig.resolver.addresses
    const drops = () => rig.metric(`feddns_udp_kernel_drops_total{address="${address}"}`)
    await eventually(async () => assert.ok((await drops()) > 0), 3000)
    // While the buffer is still full, the kernel drops what is asked now as well.
    await eventually(async () => assert.equal((await rig.ask(asking('web.shop.fleet'))).head, OWN), 20_000)
  })
})
