import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { ApiError } from '../../lib/kubernetes/api-error.ts'
import { eventually } from '../helpers/eventually.ts'
import { Asking, GivenCredentials } from './asking.ts'
import { CertificateAuthority } from './certificate-authority.ts'
import { connectProxy } from './connect-proxy.ts'
import { watchedServer } from './watched-server.ts'

const HOST = '127.0.0.1'
const MOST_OCTETS = 32 * 1024 * 1024

const isApiError = (status: number, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ApiError, String(error))
  assert.equal(error.status, status)
  assert.match(error.message, message)
  return true
}

const answerStatus = (response: ServerResponse, code: number, reason: string, message: string) =>
  response.writeHead(code).end(JSON.stringify({ kind: 'Status', code, reason, message }))

test('asks for JSON, and says who asks', async () => {
  await using server = await watchedServer()
  await using asking = new Asking(new GivenCredentials(server.url))
  assert.equal(await asking.ask('/api/v1/services'), '{}')
  const { path, headers } = server.last
  assert.equal(path, '/api/v1/services?watch=1')
  const { accept, authorization, 'user-agent': agent } = headers
  assert.deepEqual([accept, authorization, agent], ['application/json', 'Bearer one', 'feddns/test'])
})

test('a server behind a path', async () => {
  await using server = await watchedServer()
  await using asking = new Asking(new GivenCredentials(`${server.url}/clusters/one`))
  await asking.ask('/api')
  assert.equal(server.last.path, '/clusters/one/api?watch=1')
})

test('credentials that are not taken are fetched anew, once, and the request is sent again', async () => {
  await using server = await watchedServer({
    answer: (response, { headers }) =>
      headers.authorization === 'Bearer two' ? response.end('{}') : answerStatus(response, 401, 'Unauthorized', 'no'),
  })
  const credentials = new GivenCredentials(server.url)
  credentials.forget = () => {
    credentials.forgotten++
    credentials.given = { ...credentials.given, headers: { authorization: 'Bearer two' } }
  }
  await using asking = new Asking(credentials)
  assert.equal(await asking.ask(), '{}')
  assert.deepEqual([credentials.forgotten, server.shown.length], [1, 2])
  await asking.ask()
  assert.deepEqual([credentials.forgotten, server.shown.length], [1, 3])
})

test('credentials that are not taken the second time either are an error', async () => {
  await using server = await watchedServer({ answer: (response) => answerStatus(response, 401, 'Unauthorized', 'no') })
  const credentials = new GivenCredentials(server.url)
  await using asking = new Asking(credentials)
  await assert.rejects(asking.ask(), isApiError(401, /401 Unauthorized: no/))
  assert.deepEqual([credentials.forgotten, server.shown.length], [1, 2])
})

test('what is not allowed is said at once, and asking again would not help', async () => {
  await using server = await watchedServer({
    answer: (response) => answerStatus(response, 403, 'Forbidden', 'services is forbidden'),
  })
  const credentials = new GivenCredentials(server.url)
  await using asking = new Asking(credentials)
  await assert.rejects(asking.ask(), isApiError(403, /403 Forbidden: services is forbidden/))
  assert.deepEqual([credentials.forgotten, server.shown.length], [0, 1])
})

test('an error that is no Status is told as it came', async () => {
  const rows = [
    ['upstream connect error', /503 .*upstream connect error/],
    ['<html>\n  Bad\u0007 Gateway</html>', /503 .*<html>\\u000a {2}Bad\\u0007 Gateway/],
    ['', /503/],
    ['[1]', /503/],
    ['null', /503/],
    ['{"message":{"deep":1}}', /503/],
  ] as const
  await using server = await watchedServer()
  await using asking = new Asking(new GivenCredentials(server.url))
  for (const [body, message] of rows) {
    server.answer = (response) => response.writeHead(503).end(body)
    await assert.rejects(asking.ask(), isApiError(503, message))
  }
})

test('the body of an error is read only in part', async () => {
  let octets = 0
  const ended = Promise.withResolvers<void>()
  await using server = await watchedServer({
    answer: (response) => {
      const part = Buffer.alloc(16 * 1024, 'x')
      const send = () => {
        while (octets < MOST_OCTETS && !response.destroyed && response.write(part)) octets += part.length
        if (octets >= MOST_OCTETS) response.end()
      }
      response.writeHead(500).on('drain', send).on('close', ended.resolve)
      send()
    },
  })
  await using asking = new Asking(new GivenCredentials(server.url))
  await assert.rejects(asking.ask(), isApiError(500, /x{10}/))
  await ended.promise
  // What both sides of the connection hold comes on top.
  assert.ok(octets < MOST_OCTETS, `${octets} octets`)
})

test('a request is given up before its answer, or in the middle of it', async () => {
  await using server = await watchedServer({ answer: () => {} })
  await using asking = new Asking(new GivenCredentials(server.url))
  const early = new AbortController()
  const refused = assert.rejects(asking.open('/api', early.signal), { name: 'AbortError' })
  await eventually(() => assert.equal(server.shown.length, 1))
  early.abort()
  await refused
  const closed = Promise.withResolvers<void>()
  server.answer = (response) => response.on('close', closed.resolve).write('first')
  const late = new AbortController()
  const body = (await asking.open('/api', late.signal))[Symbol.asyncIterator]()
  assert.equal(String((await body.next()).value), 'first')
  late.abort()
  await assert.rejects(body.next(), { name: 'AbortError' })
  await closed.promise
})

test('connections are kept, also when the token is another one', async () => {
  const authority = new CertificateAuthority()
  await using server = await watchedServer({ keys: authority.issue('server', [HOST]) })
  const credentials = new GivenCredentials(server.url, { ca: authority.pem })
  await using asking = new Asking(credentials)
  for (let n = 1; n <= 10; n++) {
    credentials.given = { ...credentials.given, headers: { authorization: `Bearer ${n}` } }
    await asking.ask()
    assert.equal(server.last.headers.authorization, `Bearer ${n}`)
  }
  // A connection may not be free again yet when the next request comes.
  const connections = server.shown.map(({ connection }) => connection)
  assert.ok(Math.max(...connections) <= 2, connections.join())
})

test('after the certificate authority was replaced, an open watch goes on while new requests trust the new one', async () => {
  const [before, after] = [new CertificateAuthority('before'), new CertificateAuthority('after')]
  await using server = await watchedServer({ keys: before.issue('server', [HOST]) })
  const watches: ServerResponse[] = []
  server.answer = (response) => {
    watches.push(response)
    response.write('open')
  }
  const credentials = new GivenCredentials(server.url, { ca: before.pem })
  await using asking = new Asking(credentials)
  const old = (await asking.open())[Symbol.asyncIterator]()
  assert.equal(String((await old.next()).value), 'open')

  server.changeKeys(after.issue('server', [HOST]))
  server.answer = (response) => response.end('{}')
  credentials.given = { ...credentials.given, tls: { ca: after.pem } }
  assert.equal(await asking.ask(), '{}')
  assert.equal(await asking.ask(), '{}')
  watches[0]?.write('still')
  assert.equal(String((await old.next()).value), 'still')
  assert.ok(server.shown.slice(1).every(({ connection }) => connection !== 1))

  // When the watch has ended, nothing is left of what it was made with.
  const closed = once(watches[0]?.socket as NonNullable<ServerResponse['socket']>, 'close')
  watches[0]?.end()
  assert.equal((await old.next()).done, true)
  await closed
})

test('what comes by way of a proxy is asked as the API server is', async () => {
  const authority = new CertificateAuthority()
  await using secure = await watchedServer({ keys: authority.issue('server', [HOST]) })
  await using plain = await watchedServer()
  await using proxy = await connectProxy()
  for (const server of [secure, plain]) {
    const credentials = new GivenCredentials(server.url, server === secure ? { ca: authority.pem } : {})
    credentials.given = { ...credentials.given, proxyUrl: proxy.url }
    await using asking = new Asking(credentials)
    assert.equal(await asking.ask(), '{}')
    assert.equal(await asking.ask(), '{}')
    assert.equal(server.last.headers.authorization, 'Bearer one')
  }
  assert.deepEqual(new Set(proxy.wanted), new Set([`${HOST}:${secure.port}`, `${plain.url}/api?watch=1`]))
})

test('behind a proxy, too, a server that another authority has signed is not given the token', async () => {
  await using server = await watchedServer({ keys: new CertificateAuthority('other').issue('server', [HOST]) })
  await using proxy = await connectProxy()
  const credentials = new GivenCredentials(server.url, { ca: new CertificateAuthority().pem })
  credentials.given = { ...credentials.given, proxyUrl: proxy.url }
  await using asking = new Asking(credentials)
  await assert.rejects(asking.ask(), /certificate/)
  assert.deepEqual(server.shown, [])
})

test('a proxy that refuses is an error, and a proxy that takes us again is used', async () => {
  const authority = new CertificateAuthority()
  await using server = await watchedServer({ keys: authority.issue('server', [HOST]) })
  await using proxy = await connectProxy()
  const credentials = new GivenCredentials(server.url, { ca: authority.pem })
  credentials.given = { ...credentials.given, proxyUrl: proxy.url }
  await using asking = new Asking(credentials)
  proxy.refusal = 502
  await assert.rejects(asking.ask(), /502/)
  proxy.refusal = undefined
  assert.equal(await asking.ask(), '{}')
})

test('a server that is not there is an error that says so', async () => {
  const server = await watchedServer()
  const { url } = server
  await server[Symbol.asyncDispose]()
  await using asking = new Asking(new GivenCredentials(url))
  await assert.rejects(asking.ask(), { code: 'ECONNREFUSED' })
})

test('a redirect is not followed, as the token is for this server alone', async () => {
  await using other = await watchedServer()
  await using server = await watchedServer({
    answer: (response) => response.writeHead(302, { location: `${other.url}/api` }).end(),
  })
  await using asking = new Asking(new GivenCredentials(server.url))
  await assert.rejects(asking.ask(), isApiError(302, /302/))
  assert.deepEqual(other.shown, [])
})

test('a cluster is known by its address and certificate authority, not by who asks', async () => {
  const identityOf = async (server: string, ca?: string, token?: string) => {
    await using asking = new Asking(new GivenCredentials(server, ca === undefined ? {} : { ca }, token))
    return asking.session.identity()
  }
  const here = await identityOf('https://10.0.0.1', 'a')
  assert.equal(await identityOf('https://10.0.0.1', 'a', 'other'), here)
  assert.notEqual(await identityOf('https://10.0.0.2', 'a'), here)
  assert.notEqual(await identityOf('https://10.0.0.1', 'b'), here)
  assert.notEqual(await identityOf('https://10.0.0.1'), here)
})
