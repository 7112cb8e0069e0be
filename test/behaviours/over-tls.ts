import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { FrameReader, frame } from '../../lib/dns/frame-reader.ts'
import { Certificates } from '../forward/transport/certificates.ts'
import { portOf } from '../helpers/running-resolver.ts'
import { Rig } from './rig.ts'
import { type Reply, readReply } from './reply.ts'

const NAME = 'dns.example'
const PATIENCE_MS = 5000

/** A resolver that listens for DNS over TLS (RFC 7858) at its second address. */
export interface TlsRig extends AsyncDisposable {
  readonly rig: Rig
  readonly port: number
  readonly ca: string
  /** One question over a connection of its own. */
  readonly ask: (query: Buffer) => Promise<Reply>
}

export async function openTlsRig(): Promise<TlsRig> {
  await using stack = new AsyncDisposableStack()
  const certificates = stack.use(await Certificates.create())
  const { certFile, keyFile } = await certificates.issue({ names: `DNS:${NAME},IP:127.0.0.1` })
  const config = { listen: ['127.0.0.1:0', 'tls://127.0.0.1:0'], tls: { certificate: certFile, key: keyFile } }
  const rig = stack.use(await Rig.start({ config }))
  const [{ ca }, port] = [certificates, portOf(rig.resolver.addresses[1])]
  const whole = stack.move()
  return {
    rig,
    port,
    ca,
    ask: (query) => askTls({ port, ca }, query),
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  }
}

/** A connection whose handshake is done. */
async function openTls({ port, ca }: Pick<TlsRig, 'port' | 'ca'>): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca, servername: NAME, ALPNProtocols: ['dot'] })
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(PATIENCE_MS) })
  return socket
}

export async function askTls(to: Pick<TlsRig, 'port' | 'ca'>, query: Buffer): Promise<Reply> {
  const socket = await openTls(to)
  try {
    const frames = new FrameReader()
    socket.write(frame(query))
    for (;;) {
      const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Buffer]
      frames.push(chunk)
      const reply = frames.next()
      if (reply !== undefined) return readReply(reply)
    }
  } finally {
    socket.destroy()
  }
}
