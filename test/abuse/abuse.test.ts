import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONNECTION_LIMITS } from '../../lib/server/connection-limits.ts'
import { isAnswered, Load } from '../failures/load.ts'
import { askTcp, TcpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { headerOf, queryPacket } from '../helpers/packets.ts'
import { Attacking } from './attacking.ts'
import { type Attack, ATTACKS } from './attacks.ts'
import { openIn } from './under-abuse.ts'
import { NAMES, Victim } from './victim.ts'

// Short, and without times: who behaves is answered, limits hold, and nothing is left of it. The measured run is abuse.ts.

const CONNECTIONS = 300
const PER_SECOND = 100
const ATTACK_MS = 250
const PATIENCE_MS = 20_000

const { maxConnections, maxPerClient, maxLeaving } = CONNECTION_LIMITS

/** Everybody else is answered, over UDP, TCP and TLS. */
async function assertServes(victim: Victim): Promise<void> {
  const query = queryPacket(NAMES.web)
  const server = { host: '127.0.0.1', port: victim.port }
  assert.equal(headerOf(await askTcp(server, query)).counts[1], 1)
  await using secure = await TcpClient.openTls(
    { host: '127.0.0.1', port: victim.tlsPort },
    { rejectUnauthorized: false },
  )
  assert.equal(headerOf(await secure.ask(query)).counts[1], 1)
}

async function attacked(attack: Attack, victim: Victim): Promise<void> {
  await using attacking = new Attacking(attack, victim, { seed: 1, connections: CONNECTIONS })
  await eventually(async () => assert.ok(acceptedBy(await victim.metrics(), attack) >= 20), PATIENCE_MS)
  await sleep(ATTACK_MS)
  await assertServes(victim)
  const open = openIn(await victim.metrics())
  const most = Math.min(maxConnections, attack.clients * maxPerClient) + 2
  assert.ok(open <= most, `${open} connections, ${most} at most`)
  const { descriptors } = victim.holdings
  assert.ok(descriptors <= most + maxLeaving + 60, `${descriptors} descriptors`)
  await attacking.stop()
}

let acceptedBefore = 0

function acceptedBy(metrics: ReadonlyMap<string, number>, { isTls }: Attack): number {
  const protocol = isTls ? 'tls' : 'tcp'
  return (metrics.get(`feddns_connections_accepted_total{protocol="${protocol}"}`) ?? 0) - acceptedBefore
}

test('while others abuse TCP and TLS who behaves is answered, limits hold, and nothing is left of it', async (t) => {
  await using victim = await Victim.start()
  await assertServes(victim)
  const before = victim.holdings.descriptors
  await using load = await Load.start({ port: victim.port, perSecond: PER_SECOND, nameOf: () => NAMES.web })
  for (const attack of ATTACKS) {
    acceptedBefore = 0
    acceptedBefore = acceptedBy(await victim.metrics(), attack)
    await t.test(attack.what, () => attacked(attack, victim))
  }
  await eventually(async () => {
    const metrics = await victim.metrics()
    assert.deepEqual([openIn(metrics), metrics.get('feddns_connections_unsent_bytes')], [0, 0])
    assert.ok(victim.holdings.descriptors <= before + 4, `${victim.holdings.descriptors} descriptors, ${before} before`)
  }, PATIENCE_MS)
  const asked = await load.stop()
  assert.deepEqual(asked.filter((one) => !isAnswered(one)).length, 0, `of ${asked.length}`)
  assert.deepEqual([victim.resolver.log.filter(({ level }) => level === 'error'), victim.resolver.stderr], [[], ''])
})
