import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import type { EntryDocument } from '../../lib/control/cache-verbs.ts'
import { formatName } from '../../lib/dns/name.ts'
import { eventually } from '../helpers/eventually.ts'
import { entry, FakeCache } from './fake-cache.ts'
import { serve } from './served.ts'

const THERE_ARE = 'there are POST /purge (name, below), GET /dump (name)\n'

const namesIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as EntryDocument).name)

// Names of which a purge may take one, or some.
const SHOP = ['shop.example.', 'www.shop.example.', 'a.b.shop.example.', 'workshop.example.', 'example.']

test('dump writes each entry as a line of JSON', async () => {
  const odd = { code: 22, text: 'caf\u00e9 \u001b[31m\u202e\u{1f600}' }
  const gone = entry('Gone.Example.', { type: 'any', kind: 'nxdomain', rcode: 3, records: [], extendedErrors: [odd] })
  await using control = await serve(new FakeCache([entry('www.example.'), gone]))
  const { status, text } = await control.ask('/dump')
  assert.equal(status, 200)
  const [www, negative, ...none] = text.split('\n').map((line) => (line === '' ? undefined : JSON.parse(line)))
  assert.deepEqual(none, [undefined])
  assert.deepEqual(www, { ...entry('www.example.'), name: 'www.example.', type: 'A', rcode: 'NOERROR' })
  assert.deepEqual(negative, { ...gone, name: 'gone.example.', type: 'any', rcode: 'NXDOMAIN' })
  assert.match(text, /^[ -~\n]*$/, 'all of it is printable ASCII')
})

test('dump of a name is that of the names at and below it', async () => {
  await using control = await serve(new FakeCache(SHOP.map((name) => entry(name))))
  assert.deepEqual(namesIn((await control.ask('/dump?name=Shop.EXAMPLE')).text), SHOP.slice(0, 3))
  assert.deepEqual(namesIn((await control.ask('/dump?name=.')).text), SHOP)
  assert.deepEqual(await control.ask('/dump?name=nothing.example'), { status: 200, text: '' })
})

test('purge forgets a name, or that and all below, and tells how much', async () => {
  const cache = new FakeCache(SHOP.flatMap((name) => [entry(name), entry(name, { type: 28 })]))
  await using control = await serve(cache)
  const purge = async (query: string) => JSON.parse((await control.ask(`/purge?${query}`, 'POST')).text) as unknown
  assert.deepEqual(await purge('name=SHOP.example'), { name: 'shop.example.', below: false, messages: 2 })
  assert.deepEqual(await purge('name=shop.example.&below=false'), { name: 'shop.example.', below: false, messages: 0 })
  assert.deepEqual(await purge('name=shop.example&below=true'), { name: 'shop.example.', below: true, messages: 4 })
  assert.deepEqual([...new Set(cache.kept.map(({ name }) => formatName(name)))], SHOP.slice(3))
  assert.deepEqual(await purge('name=.&below=true'), { name: '.', below: true, messages: 4 })
})

test('any octets of a name come through', async () => {
  const name = String.raw`\000\046\255 \032.example.`.replace(' ', '')
  await using control = await serve(new FakeCache([entry(name)]))
  const { text } = await control.ask(`/purge?${new URLSearchParams({ name }).toString()}`, 'POST')
  assert.deepEqual(JSON.parse(text), { name, below: false, messages: 1 })
})

// Method, path, what is wrong with it.
const WRONG: readonly (readonly [string, string, RegExp])[] = [
  ['POST', '/purge', /^purge needs a name/],
  ['POST', '/purge?name=', /^"" is no domain name: empty label in ""; expected a name such as www\.example\.org/],
  ['POST', '/purge?name=a..b', /^"a\.\.b" is no domain name: empty label in "a\.\.b"; expected/],
  ['POST', `/purge?name=${'a'.repeat(64)}`, /is no domain name: label "a+" has 64 octets, 63 allowed; expected/],
  ['POST', `/purge?name=${'a.'.repeat(128)}`, /is no domain name: name of 257 octets, 255 allowed; expected/],
  ['POST', '/purge?name=%5C256', /^"\\256" is no domain name: "\\256" is not an octet; expected/],
  ['POST', '/purge?name=%1B..', /^"\\u001b\.\." is no domain name: empty label in "\\u001b\."; expected/],
  [
    'POST',
    '/purge?name=b%C3%BCcher.example',
    /is not ASCII; in DNS it is written as xn--bcher-kva\.example, or as octets/,
  ],
  ['POST', '/purge?name=%FF', /is not ASCII/],
  ['POST', '/purge?name=a&below=1', /^below has to be true or false/],
  ['POST', '/purge?name=a&name=b', /^the parameter name is there twice/],
  ['POST', '/purge?name=a&all=true', /^no parameter "all"; there are name, below/],
  ['GET', '/dump?below=true', /^no parameter "below"; there are name/],
  ['GET', '/dump?name=a..b', /^"a\.\.b" is no domain name/],
  ['GET', '/dump?%1B[31m', /^no parameter "\\u001b\[31m"/],
]

test('what cannot be done is refused with 400 and the reason, and nothing is forgotten', async () => {
  const cache = new FakeCache([entry('a.')])
  await using control = await serve(cache)
  for (const [method, url, reason] of WRONG) {
    const { status, text } = await control.ask(url, method)
    assert.equal(status, 400, url)
    assert.match(text, reason)
    assert.match(text, /^[^\n]+\n$/)
  }
  const body = await control.ask('/purge?name=a', 'POST', 'name=a')
  assert.deepEqual(body, {
    status: 400,
    text: 'a body is not expected; parameters stand behind the `?` of the path\n',
  })
  assert.equal(cache.kept.length, 1)
})

test('another path is 404 and another method 405, both with what there is; the root has just that', async () => {
  await using control = await serve()
  assert.deepEqual(await control.ask('/'), { status: 200, text: THERE_ARE })
  for (const url of ['/purge/', '/PURGE', '//purge', '/constructor', '/__proto__', '/?', '/toString?x'])
    assert.deepEqual(await control.ask(url), { status: url === '/?' ? 200 : 404, text: THERE_ARE }, url)
  for (const [method, url] of [
    ['GET', '/purge?name=a'],
    ['POST', '/dump'],
    ['DELETE', '/dump'],
  ] as const)
    assert.deepEqual(await control.ask(url, method), { status: 405, text: THERE_ARE }, `${method} ${url}`)
})

test('a verb that fails is 500, its reason goes to us, and the next request is served', async () => {
  const broken = { method: 'GET', takes: [], run: () => Promise.reject(new Error('secret')) } as const
  const control = await serve(undefined, { verbs: { broken } })
  assert.deepEqual(await control.ask('/broken'), { status: 500, text: 'a fault of feddns; its log tells more\n' })
  assert.deepEqual(control.faults.splice(0).map(String), ['Error: secret'])
  assert.equal((await control.ask('/')).status, 200)
  await control[Symbol.asyncDispose]()
})

test('an answer that fails half way is cut off, so that nobody takes it for a whole one', async () => {
  const verb = {
    method: 'GET',
    takes: [],
    *run() {
      for (let i = 0; i < 5000; i++) yield { i, padding: 'x'.repeat(100) }
      throw new Error('half way')
    },
  } as const
  await using control = await serve(undefined, { verbs: { half: verb } })
  await assert.rejects(control.ask('/half'), { code: 'ECONNRESET' })
  assert.deepEqual(control.faults.splice(0).map(String), ['Error: half way'])
})

const MANY = Array.from({ length: 10_000 }, (_, i) =>
  entry(`host-${i}.example.`, { records: Array.from({ length: 8 }, (_, n) => `host-${i}.example. 30 A 10.1.2.${n}`) }),
)

test('a dump of 10,000 entries is made in turns, between which others are served', async () => {
  const cache = new FakeCache(MANY)
  await using control = await serve(cache)
  const dump = control.ask('/dump')
  const purged = await control.ask('/purge?name=other.example', 'POST')
  const drawnBefore = cache.drawn
  assert.equal(purged.status, 200)
  assert.ok(drawnBefore < MANY.length, `${drawnBefore} entries were made before the purge got its turn`)
  assert.equal(namesIn((await dump).text).length, MANY.length)
  assert.ok(cache.mostInOneTurn < 100, `${cache.mostInOneTurn} entries in one turn`)
})

test('no more is made than a slow reader takes, and in the end it has everything', async () => {
  const cache = new FakeCache(MANY)
  await using control = await serve(cache)
  const socket = control.connect().pause()
  socket.write('GET /dump HTTP/1.0\r\n\r\n')
  const drawn = await settled(() => cache.drawn)
  assert.ok(drawn > 0 && drawn < MANY.length / 5, `${drawn} entries were made though nobody read`)
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => (text += part))
  socket.resume()
  await once(socket, 'close')
  assert.equal(namesIn(text.replace(/^[^]*?\r\n\r\n/, '')).length, MANY.length)
})

test('who leaves in the middle of a dump ends it', async () => {
  const cache = new FakeCache(MANY)
  await using control = await serve(cache)
  const socket = control.connect()
  socket.write('GET /dump HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'data')
  assert.equal(cache.dumpsUnderWay, 1)
  socket.destroy()
  await eventually(() => assert.equal(cache.dumpsUnderWay, 0))
  assert.ok(cache.drawn < MANY.length)
})

test('dumps and purges at the same time: each dump is whole, and has what nobody purged', async () => {
  const cache = new FakeCache(MANY)
  await using control = await serve(cache)
  const dumps = Promise.all(Array.from({ length: 4 }, () => control.ask('/dump')))
  const purges = Promise.all(Array.from({ length: 8 }, (_, i) => control.ask(`/purge?name=host-${i}.example`, 'POST')))
  for (const { text } of await purges) assert.equal((JSON.parse(text) as { messages: number }).messages, 1)
  for (const { status, text } of await dumps) {
    assert.equal(status, 200)
    const names = new Set(namesIn(text))
    assert.deepEqual(
      MANY.slice(8).filter(({ name }) => !names.has(formatName(name))),
      [],
    )
  }
  assert.equal(cache.kept.length, MANY.length - 8)
})

// Until it does not change any more.
async function settled(count: () => number): Promise<number> {
  for (let before = -1; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 300))
    if (count() === before && before > 0) return before
    before = count()
  }
}
