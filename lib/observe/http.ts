import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'

interface Options {
  readonly host: string
  readonly port: number
  readonly metricsText: () => string
  /** What is not ready, in words; nothing if everything is. */
  readonly notReady: () => readonly string[]
}

export interface HttpListener {
  readonly address: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

/** Serves `/healthz` (this process runs), `/readyz` (it should get queries) and `/metrics`. Rejects if it cannot bind. */
export async function listenHttp({ host, port, metricsText, notReady }: Options): Promise<HttpListener> {
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
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    const page = pages[request.url?.replace(/\?.*/, '') ?? '']
    if (page !== undefined && (request.method === 'GET' || request.method === 'HEAD')) return page(response)
    response.statusCode = page === undefined ? 404 : 405
    response.end('there are /healthz, /readyz and /metrics\n')
  })
  server.listen(port, host)
  await once(server, 'listening')
  const bound = server.address()
  return {
    address: { host, port: bound !== null && typeof bound === 'object' ? bound.port : port },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
