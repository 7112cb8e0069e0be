import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { eventually } from '../helpers/eventually.ts'
import { entry, FakeCache } from './fake-cache.ts'
import { type Served, serve } from './served.ts'

const END = 'Host: x\r\nConnection: close\r\n\r\n'
const LINES = [
  'GET constructor HTTP/1.1',
  'GET __proto__ HTTP/1.1',
  'GET * HTTP/1.1',
  'GET http://x/dump HTTP/1.1',
  'CONNECT a:1 HTTP/1.1',
  'PRI * HTTP/2.0',
  '\0\0\0',
  'GET /dump HTTP/9.9',
  'POST /purge?name=a HTTP/1.1\r\nTransfer-Encoding: chunked',
  'POST /purge?name=a HTTP/1.1\r\nContent-Length: 99999999999',
  'POST /purge?name=a HTTP/1.1\r\nContent-Length: -1',
  'POST /purge?name=a HTTP/1.1\r\nExpect: nothing',
  'GET /dump HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade',
]

const stillServes = async (control: Served) => assert.equal((await control.ask('/dump')).status, 200)

test('whatever stands in the request, nothing is purged, and it goes on serving', async () => {
  const cache = new FakeCache([entry('a.')])
  await using control = await serve(cache)
  for (const line of LINES) {
    const text = await control.raw(`${line}\r\n${END}`)
    assert.ok(text === '' || text.startsWith('HTTP/1.1 '), JSON.stringify(text))
    await stillServes(control)
  }
  assert.equal(cache.kept.length, 1)
})

const PIECES = [
  'GET',
  'POST',
  ' ',
  '/',
  '/purge',
  '/dump',
  '?',
  'name=',
  '%',
  '%5C',
  '\\',
  'a',
  '.',
  '&',
  'HTTP/1.1',
  '\r\n',
]
const anyRequest = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets)),
  fc
    .array(fc.constantFrom(...PIECES, END, 'Content-Length: 5\r\n', '\0', '\x80'), { maxLength: 40 })
    .map((pieces) => Buffer.from(pieces.join(''), 'latin1')),
)

test('any octets get an answer of HTTP or the end of the connection, and it goes on serving', async () => {
  await using control = await serve(new FakeCache([entry('b.')]), { limits: { requestMs: 1000 } })
  await fc.assert(
    fc.asyncProperty(anyRequest, async (octets) => {
      const text = await control.raw(octets)
      assert.ok(text === '' || text.startsWith('HTTP/1.1 '), JSON.stringify(text))
    }),
    { numRuns: 150, interruptAfterTimeLimit: 20_000 },
  )
  await stillServes(control)
})

test('a request that is too large is refused with the reason', async () => {
  await using control = await serve()
  const text = await control.raw(`GET /dump?name=${'a'.repeat(9000)} HTTP/1.1\r\n${END}`)
  assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nrequest of more than 8192 octets\n$/)
  assert.match(
    await control.raw('220 mail\r\n'),
    /^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nthis is no HTTP request\n$/,
  )
})

test('the longest name of the oddest octets fits', async () => {
  const label = String.raw`\255`.repeat(63)
  const name = `${label}.${label}.${label}.${String.raw`\255`.repeat(61)}.`
  await using control = await serve(new FakeCache([entry(name)]))
  const everyOctet = name.replace(/[^]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
  assert.match((await control.ask(`/purge?name=${everyOctet}`, 'POST')).text, /"messages":1/)
})

test('a request that does not come to its end is ended', async () => {
  await using control = await serve(undefined, { limits: { requestMs: 200 } })
  for (const begun of [
    '',
    'GET /dump HTTP/1.1\r\nHo',
    `POST /purge?name=a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na`,
  ]) {
    const socket = control.connect().resume()
    if (begun !== '') socket.write(begun)
    await once(socket, 'close')
  }
  await stillServes(control)
})

test('a reader who takes nothing for long is cut off', async () => {
  const cache = new FakeCache(Array.from({ length: 20_000 }, (_, i) => entry(`host-${i}.example.`)))
  await using control = await serve(cache, { limits: { idleMs: 300 } })
  const socket = control.connect().pause()
  socket.write('GET /dump HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => assert.equal(cache.dumpsUnderWay, 1))
  await eventually(() => assert.equal(cache.dumpsUnderWay, 0))
  assert.ok(cache.drawn < cache.kept.length)
})

test('connections above the limit are ended, and there is room again when one goes', async () => {
  await using control = await serve(undefined, { limits: { maxConnections: 2 } })
  const held = [control.connect(), control.connect()]
  await Promise.all(held.map((socket) => once(socket, 'connect')))
  await assert.rejects(control.ask('/dump'))
  held[0]?.destroy()
  await eventually(() => stillServes(control))
})

test('closing ends connections that others keep open, in the middle of a request or a dump too', async () => {
  const entries = Array.from({ length: 20_000 }, (_, i) => entry(`host-${i}.example.`))
  for (const begun of ['', 'GET /dump HTTP/1.1\r\nHo', 'GET /dump HTTP/1.1\r\nHost: x\r\n\r\n']) {
    const cache = new FakeCache(entries)
    await using control = await serve(cache)
    const socket = control.connect().pause()
    await once(socket, 'connect')
    if (begun !== '') socket.write(begun)
    if (begun.endsWith('\r\n\r\n')) await eventually(() => assert.equal(cache.dumpsUnderWay, 1))
    await control.listener.close()
    const ended = once(socket, 'close')
    socket.resume()
    await ended
    await eventually(() => assert.equal(cache.dumpsUnderWay, 0))
  }
})
