import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../helpers/eventually.ts'
import { type HttpListener, listenHttp } from '../../lib/observe/http.ts'

interface Served extends AsyncDisposable {
  readonly url: string
  readonly listener: HttpListener
  missing: string[]
}

async function serve(): Promise<Served> {
  const served = { missing: [] as string[] }
  const listener = await listenHttp({
    host: '127.0.0.1',
    port: 0,
    metricsText: () => 'x 1\n',
    notReady: () => served.missing,
    onError: assert.fail,
  })
  const url = `http://127.0.0.1:${listener.address.port}`
  return Object.assign(served, { url, listener, [Symbol.asyncDispose]: () => listener.close() })
}

const get = async (url: string, method = 'GET') => {
  const response = await fetch(url, { method })
  return [response.status, await response.text()]
}

test('/healthz tells that the process runs', async () => {
  await using server = await serve()
  server.missing = ['something']
  assert.deepEqual(await get(`${server.url}/healthz`), [200, 'ok\n'])
})

test('/readyz tells whether it should get queries, and what is missing', async () => {
  await using server = await serve()
  assert.deepEqual(await get(`${server.url}/readyz`), [200, 'ok\n'])
  server.missing = ['stopping', 'the state of the cluster is not known']
  assert.deepEqual(await get(`${server.url}/readyz`), [
    503,
    'not ready: stopping, the state of the cluster is not known\n',
  ])
})

test('/metrics has the metrics, in the type of their format', async () => {
  await using server = await serve()
  const response = await fetch(`${server.url}/metrics`)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(await response.text(), 'x 1\n')
})

test('what follows a question mark changes nothing, and HEAD has no body', async () => {
  await using server = await serve()
  assert.deepEqual(await get(`${server.url}/healthz?verbose=1?x`), [200, 'ok\n'])
  assert.deepEqual(await get(`${server.url}/metrics`, 'HEAD'), [200, ''])
  server.missing = ['x']
  assert.deepEqual(await get(`${server.url}/readyz`, 'HEAD'), [503, ''])
})

test('another path is 404 and another method 405, both with what there is', async () => {
  await using server = await serve()
  for (const path of ['/', '/healthz/', '/HEALTHZ', '/debug/pprof', '/constructor', '/__proto__'])
    assert.deepEqual(await get(server.url + path), [404, 'there are /healthz, /readyz and /metrics\n'], path)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const [status, text] = await get(`${server.url}/metrics`, method)
    assert.deepEqual([status, text], [405, 'there are /healthz, /readyz and /metrics\n'], method)
  }
})

test('whatever stands in the request line, it goes on serving', async () => {
  await using server = await serve()
  const lines = ['GET constructor HTTP/1.1', 'GET __proto__ HTTP/1.1', 'GET toString:x HTTP/1.1', 'GET * HTTP/1.1']
  const more = ['GET http://x/healthz HTTP/1.1', 'CONNECT a:1 HTTP/1.1', 'PRI * HTTP/2.0', '\0\0\0', 'GET / HTTP/9.9']
  for (const line of [...lines, ...more]) {
    const socket = connect(server.listener.address.port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.end(`${line}\r\nHost: x\r\nConnection: close\r\n\r\n`)
    await once(socket, 'close')
  }
  assert.deepEqual(await get(`${server.url}/healthz`), [200, 'ok\n'])
})

test('connections that say nothing keep nobody out, and are bounded', async () => {
  await using server = await serve()
  let open = 0
  for (let i = 0; i < 300; i++) {
    const socket = connect(server.listener.address.port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    open++
    socket.resume().once('close', () => open--)
  }
  assert.deepEqual(await get(`${server.url}/healthz`), [200, 'ok\n'])
  await eventually(() => assert.ok(open <= 128, String(open)))
})

test('closing ends connections that clients keep open, in the middle of a request too', async () => {
  for (const begun of ['', 'POST /metrics HTTP/1.1\r\nContent-Le']) {
    const { listener } = await serve()
    const socket = connect(listener.address.port, '127.0.0.1').resume()
    await once(socket, 'connect')
    const closed = new Promise((resolve) => void socket.on('error', () => {}).once('close', resolve))
    socket.write(begun)
    await listener.close()
    await closed
  }
})

test('an address that is taken is an error', async () => {
  await using server = await serve()
  const { host, port } = server.listener.address
  const other = { host, port, metricsText: () => '', notReady: () => [], onError: assert.fail }
  await assert.rejects(listenHttp(other), { code: 'EADDRINUSE' })
})
