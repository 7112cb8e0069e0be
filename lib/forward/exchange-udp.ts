import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { isReplyTo } from '../dns/upstream-query.ts'
import type { ServerAddress, UpstreamQuery } from './upstream.ts'

/**
 * Asks over UDP. A fresh socket for each query has a fresh random source port; connected, it hears this server only,
 * and of a closed port at once (RFC 5452 §9). `onMismatch` is told of replies to something else: somebody may be guessing.
 */
export function exchangeUdp(
  { host, port }: ServerAddress,
  { bytes, signal }: UpstreamQuery,
  onMismatch: () => void,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const family = isIPv6(host) ? 6 : 4
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    lookup: (address, _options, done) => done(null, address, family),
  })
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('error', reject)
  socket.on('message', (reply) => {
    if (isReplyTo(reply, bytes)) resolve(reply)
    else onMismatch()
  })
  // Without a callback, so that a network that cannot be reached is an 'error' like any other.
  let open = true
  socket.on('connect', () => open && socket.send(bytes))
  socket.connect(port, host)
  if (signal.aborted) onAbort()
  return promise.finally(() => {
    open = false
    signal.removeEventListener('abort', onAbort)
    socket.close()
  })
}
