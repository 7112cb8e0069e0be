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
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('error', reject)
  socket.on('message', (reply) => {
    if (isReplyTo(reply, bytes)) resolve(reply)
    else onMismatch()
  })
  socket.connect(port, host, () => socket.send(bytes))
  if (signal.aborted) onAbort()
  return promise.finally(() => {
    signal.removeEventListener('abort', onAbort)
    socket.close()
  })
}
