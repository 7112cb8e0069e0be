import { systemClock } from '../../../lib/base/clock.ts'
import { type HttpsLimits, HttpsTransport } from '../../../lib/forward/transport/https-transport.ts'
import type { ServerAddress } from '../../../lib/forward/upstream.ts'
import { UnderTest } from './pool-under-test.ts'

interface Options {
  readonly name: string
  readonly ca: string
  readonly limits?: Partial<HttpsLimits>
}

/** DNS over HTTPS to a server on loopback. */
export function dohTo(
  { address }: { readonly address: ServerAddress },
  { limits = {}, ...trust }: Options,
): UnderTest<HttpsTransport> {
  return new UnderTest(
    (counters) =>
      new HttpsTransport({ server: address, path: '/dns-query', ...trust, clock: systemClock, counters, limits }),
  )
}
