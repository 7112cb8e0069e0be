import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { answerRequest } from './answer-request.ts'
import { placeSocket } from './place-socket.ts'
import { SERVER_NAME } from './probe-socket.ts'
import type { Verbs } from './verb.ts'

interface Limits {
  readonly maxConnections: number
  /** For a request to come in. */
  readonly requestMs: number
  /** For a reader of an answer who takes nothing. It is long, since that may be a person with a pager. */
  readonly idleMs: number
}

interface Options {
  readonly path: string
  readonly verbs: Verbs
  /** A fault of ours, or an error of the listening socket. */
  readonly onFault: (error: unknown) => void
  readonly limits?: Partial<Limits>
}

export interface ControlListener {
  readonly path: string
  /** Whether another feddns listened there until now; it cannot be reached at this path any more. */
  readonly tookOver: boolean
  /** Ends connections, whatever is under way, and removes the socket if it is still ours. */
  close(): Promise<void>
}

const LIMITS: Limits = { maxConnections: 16, requestMs: 5000, idleMs: 600_000 }
const MAX_HEADER_OCTETS = 8192 // the longest name takes some 3060: 255 octets, each as %5C%32%35%35
const CHECK_INTERVAL_MS = 1000

/**
 * Serves the verbs by HTTP on a unix socket that only our own user (and root) can open. A socket that a killed process
 * left is replaced, and so is that of another feddns, which on upgrade runs beside us: the newer one can be reached.
 * Rejects if anything else is there.
 */
export async function listenControl({ path, verbs, onFault, limits }: Options): Promise<ControlListener> {
  const server = boundedServer({ ...LIMITS, ...limits })
  server.on('request', (request, response) => void answerRequest(verbs, request, response).catch(onFault))
  server.on('clientError', refuse)
  const place = await placeSocket(server, path)
  server.on('error', onFault)
  const close = async () => {
    // The inode of a socket is not used anew before that is closed: so it is compared before.
    await place.remove()
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  let closing: Promise<void> | undefined
  return { path, tookOver: place.tookOver, close: () => (closing ??= close()) }
}

function boundedServer({ maxConnections, requestMs, idleMs }: Limits): Server {
  const server = createServer({
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(requestMs, CHECK_INTERVAL_MS),
    maxHeaderSize: MAX_HEADER_OCTETS,
  })
  server.maxConnections = maxConnections
  server.timeout = idleMs
  return server
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: `request of more than ${MAX_HEADER_OCTETS} octets`,
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not come to its end',
}

// What has begun to get an answer gets no other one in the middle of it.
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) return void socket.destroy()
  const text = `${CLIENT_ERRORS[error.code ?? ''] ?? 'this is no HTTP request'}\n`
  const head = ['HTTP/1.1 400 Bad Request', `Server: ${SERVER_NAME}`, 'Content-Type: text/plain', 'Connection: close']
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy())
}
