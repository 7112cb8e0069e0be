import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Options {
  readonly host: string
  readonly port: number
  readonly metricsText: () => string
  /** What is not ready, in words; nothing if everything is. */
  readonly notReady: () => readonly string[]
  /** Of the listening socket, which goes on. */
  readonly onError: (error: Error) => void
}

const MAX_CONNECTIONS = 128
const TIMEOUTS = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 }

export interface HttpListener {
  readonly address: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

/**
 * Serves `/healthz` (this process runs), `/readyz` (it should get queries) and `/metrics`. Rejects if it cannot bind.
 * Where there are too many connections, the oldest is closed: those who hold many cannot keep a probe out.
 */
export async function listenHttp({ host, port, metricsText, notReady, onError }: Options): Promise<HttpListener> {
  const pages: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/healthz': (response) => response.end('ok\n'),
    '/readyz': (response) => {
      const missing = notReady()
      response.statusCode = missing.length === 0 ? 200 : 503
      response.end(missing.length === 0 ? 'ok\n' : `not ready: ${missing.join(', ')}\n`)
    },
    '/metrics': (response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      response.end(metricsText())
    },
  }
  const server = createServer(TIMEOUTS, (request, response) => {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    const page = pages[request.url?.replace(/\?.*/, '') ?? '']
    if (page !== undefined && (request.method === 'GET' || request.method === 'HEAD')) return page(response)
    response.statusCode = page === undefined ? 404 : 405
    response.end('there are /healthz, /readyz and /metrics\n')
  })
  boundConnections(server)
  server.listen(port, host)
  await once(server, 'listening')
  server.on('error', onError)
  const bound = server.address()
  return {
    address: { host, port: bound !== null && typeof bound === 'object' ? bound.port : port },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function boundConnections(server: Server): void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    if (open.size <= MAX_CONNECTIONS) return
    for (const oldest of open) {
      oldest.destroy()
      open.delete(oldest)
      return
    }
  })
}
