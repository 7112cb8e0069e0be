import { readMessage } from '../dns/message.ts'
import { Health } from './health.ts'
import type { Transport } from './transport/transport.ts'
import type { Upstream } from './upstream.ts'

/** An upstream that is reached by a transport. */
export const upstreamOver = (
  of: Pick<Upstream, 'label' | 'isPublic' | 'isReliable'>,
  transport: Transport,
): Upstream => ({
  ...of,
  health: new Health(),
  exchange: (query) => transport.exchange(query).then(readMessage),
})
