import { connect } from 'node:net'
import { FrameReader, frame } from '../dns/frame-reader.ts'
import { isReplyTo } from '../dns/upstream-query.ts'
import type { ServerAddress, UpstreamQuery } from './upstream.ts'

/** Asks over a TCP connection of its own (RFC 7766). */
export function exchangeTcp(
  { host, port }: ServerAddress,
  { bytes, signal }: UpstreamQuery,
  onMismatch: () => void,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const socket = connect({ host, port, noDelay: true })
  const frames = new FrameReader()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('error', reject)
  socket.on('close', () => reject(new Error(`${host}:${port} closed the connection without a reply`)))
  socket.on('data', (chunk: Buffer) => {
    frames.push(chunk)
    for (let reply = frames.next(); reply !== undefined; reply = frames.next()) {
      if (isReplyTo(reply, bytes)) resolve(reply)
      else onMismatch()
    }
  })
  socket.write(frame(bytes))
  if (signal.aborted) onAbort()
  return promise.finally(() => {
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  })
}
