import assert from 'node:assert/strict'
import { systemClock } from '../../../lib/base/clock.ts'
import { HttpsTransport } from '../../../lib/forward/transport/https-transport.ts'
import { StreamPool } from '../../../lib/forward/transport/stream-pool.ts'
import { tcpConnector } from '../../../lib/forward/transport/tcp-connector.ts'
import { tlsConnector } from '../../../lib/forward/transport/tls-connector.ts'
import type { ServerAddress } from '../../../lib/forward/upstream.ts'
import { addressIn, nameIn, numbered } from './answers.ts'
import { UnderTest } from './pool-under-test.ts'

export const NUMBERED = Array.from({ length: 1000 }, (_, i) => numbered(i))

// On a machine with much to do a server may take its time.
const limits = { connectTimeoutMs: 20_000, silenceMs: 25_000 }

interface Trust {
  readonly name?: string | undefined
  readonly ca?: string | undefined
}

export const overTcp = (server: ServerAddress) =>
  new UnderTest((counters) => new StreamPool({ connector: tcpConnector(server), clock: systemClock, counters, limits }))

export const overTls = (server: ServerAddress, trust: Trust) =>
  new UnderTest((counters) => {
    const connector = tlsConnector({ server, ...trust, protocol: 'dot' })
    return new StreamPool({ connector, clock: systemClock, counters, limits })
  })

export const overHttps = (server: ServerAddress, trust: Trust) =>
  new UnderTest(
    (counters) => new HttpsTransport({ server, ...trust, path: '/dns-query', clock: systemClock, counters, limits }),
  )

/** Asks for all numbered names at once; each gets its own answer, over few connections. */
export async function answersEach(asked: UnderTest): Promise<void> {
  const replies = await Promise.all(NUMBERED.map(({ name }) => asked.ask(name)))
  assert.deepEqual(
    replies.map((reply) => [nameIn(reply), addressIn(reply)]),
    NUMBERED.map(({ name, address }) => [name, address]),
  )
  assert.equal(asked.counters.mismatches, 0)
  // At most 8 at a time; where the server is starved, one that was quiet for too long gives way to another.
  assert.ok(asked.counters.connectionsOpened <= NUMBERED.length / 10)
}
