import type { Metrics, Sample } from '../../../lib/observe/metrics.ts'
import { CLOSED_FOR, type ConnectionCounters, type Protocol } from '../../../lib/server/connection-counters.ts'
import type { Parts } from './parts.ts'
import { one } from './one.ts'

/** Of connections of clients. */
export function connectionMetrics(metrics: Metrics, { doors: { streams }, current }: Parts): void {
  const { table, handshakes } = streams
  const perProtocol = (read: (counters: ConnectionCounters) => number) => (): Sample[] =>
    PROTOCOLS.map((protocol) => ({ labels: { protocol }, value: read(table.counters[protocol]) }))
  metrics.gauge(
    'feddns_connections',
    'Connections of clients that are open',
    perProtocol(({ open }) => open),
  )
  metrics.counter(
    'feddns_connections_accepted_total',
    'Connections of clients that were accepted',
    perProtocol(({ accepted }) => accepted),
  )
  metrics.counter(
    'feddns_connections_refused_total',
    'Connections of clients that there was no room for',
    perProtocol(({ refused }) => refused),
  )
  metrics.counter(
    'feddns_connections_closed_total',
    'Connections that we closed: to make room, idle, with replies not taken, because of what was no query',
    () =>
      PROTOCOLS.flatMap((protocol) =>
        CLOSED_FOR.map((reason) => ({ labels: { protocol, reason }, value: table.counters[protocol].closed[reason] })),
      ),
  )
  metrics.gauge('feddns_connections_unsent_bytes', 'Octets of replies that clients have not taken yet', () =>
    one(table.unsentOctets),
  )
  metrics.gauge('feddns_connections_idle_seconds', 'How long a connection may be idle now', () =>
    one(table.idleMs / 1000),
  )
  metrics.counter('feddns_tls_handshakes_total', 'TLS handshakes of clients, by outcome', () => [
    { labels: { outcome: 'full' }, value: handshakes.done - handshakes.resumed },
    { labels: { outcome: 'resumed' }, value: handshakes.resumed },
    { labels: { outcome: 'failed' }, value: handshakes.failed },
    { labels: { outcome: 'timeout' }, value: table.handshakesTimedOut },
  ])
  metrics.gauge('feddns_tls_certificate_expiry_timestamp_seconds', 'When our certificate expires, since 1970', () => {
    const { tls } = current().config
    return tls === undefined ? [] : one(tls.expiresAtMs / 1000)
  })
}

const PROTOCOLS: readonly Protocol[] = ['tcp', 'tls']
