import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { PassThrough, Writable } from 'node:stream'
import { test } from 'node:test'
import { dump } from '../../cmd/dump.ts'
import { purge } from '../../cmd/purge.ts'
import { parseName, ROOT } from '../../lib/dns/name.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { entry, FakeCache } from './fake-cache.ts'
import { startProcess } from './running-process.ts'
import { serve } from './served.ts'

async function dumped(control: string, name?: string, json = false): Promise<string> {
  let text = ''
  const out = new Writable({
    write(part, _encoding, done) {
      text += String(part)
      done()
    },
  })
  assert.equal(await dump({ control, name: name === undefined ? undefined : parseName(name), json, out }), 0)
  return text
}

async function purged(control: string, name: string, below = false): Promise<string> {
  const lines: string[] = []
  assert.equal(await purge({ control, name: parseName(name), below, print: (line) => lines.push(line) }), 0)
  return lines.join('\n')
}

test('purge tells what was forgotten, and that nothing was kept', async () => {
  const names = ['www.example.org.', 'www.example.org.', 'a.www.example.org.', 'example.net.']
  await using control = await serve(new FakeCache(names.map((name) => entry(name))))
  const purgeOf = (name: string, below?: boolean) => purged(control.path, name, below)
  assert.equal(await purgeOf('a.www.example.org'), 'forgotten: 1 message of a.www.example.org.')
  assert.equal(await purgeOf('WWW.example.org', true), 'forgotten: 2 messages of www.example.org. and below')
  assert.equal(await purgeOf('www.example.org', true), 'nothing was kept of www.example.org. and below')
  assert.equal(await purgeOf(String.raw`\255\007.example`), String.raw`nothing was kept of \255\007.example.`)
  assert.equal(await purgeOf('.'), 'nothing was kept of .')
  assert.equal(await purgeOf('.', true), 'forgotten: 1 message of . and below')
})

test('dump prints lines of a zone file, or JSON, of all or of a name', async () => {
  await using control = await serve(new FakeCache([entry('www.example.org.'), entry('www.example.net.')]))
  const line = 'www.example.org. 241 A 192.0.2.80  ; NOERROR, 59 s old, 12 hits, from 10.0.0.2:53\n'
  assert.equal(await dumped(control.path), line + line.replace('.org', '.net'))
  assert.equal(await dumped(control.path, 'EXAMPLE.org'), line)
  const { text } = await control.ask('/dump?name=example.org')
  assert.equal(await dumped(control.path, 'example.org', true), text)
})

test('a dump of nothing says so; as JSON it is nothing', async () => {
  await using control = await serve()
  assert.equal(await dumped(control.path), '; nothing is kept\n')
  assert.equal(await dumped(control.path, 'a'), '; nothing is kept of a. and below\n')
  assert.equal(await dumped(control.path, undefined, true), '')
})

const MANY = Array.from({ length: 10_000 }, (_, i) =>
  entry(`host-${i}.example.`, { records: Array.from({ length: 8 }, (_, n) => `host-${i}.example. 30 A 10.1.2.${n}`) }),
)

test('a large dump is whole', async () => {
  await using control = await serve(new FakeCache(MANY))
  const lines = (await dumped(control.path)).trimEnd().split('\n')
  assert.equal(lines.length, 80_000)
  assert.deepEqual(new Set(lines.map((line) => line.split(' ')[0])).size, MANY.length)
})

test('while nobody reads the output, no more is asked for; who has enough of it may leave', async () => {
  const cache = new FakeCache(MANY)
  await using control = await serve(cache)
  const out = new PassThrough()
  const ended = dump({ control: control.path, name: undefined, json: true, out })
  await eventually(() => assert.ok(out.writableNeedDrain))
  assert.equal(cache.dumpsUnderWay, 1)
  assert.ok(cache.drawn < MANY.length / 2, `${cache.drawn} entries were made`)
  out.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  assert.equal(await ended, 0)
  await eventually(() => assert.equal(cache.dumpsUnderWay, 0))
})

test('a dump that is cut off is an error', async () => {
  const cache = new FakeCache(MANY)
  await using control = await serve(cache)
  const out = new PassThrough()
  const ended = dump({ control: control.path, name: undefined, json: true, out })
  await eventually(() => assert.equal(cache.dumpsUnderWay, 1))
  await control.listener.close()
  out.resume()
  await assert.rejects(ended, /^Error: the answer of .*c\.sock was cut off \(aborted\); try again$/)
})

const refused = (control: string, message: RegExp) =>
  assert.rejects(purge({ control, name: ROOT, below: false, print: () => {} }), message)

test('without a resolver at the socket, what to look at is said', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('c.sock')
  await refused(
    path,
    /^Error: there is no socket at .*c\.sock: does the resolver run, and .* have `control: .*c\.sock`\?$/,
  )
  await refused(folder.file('none/c.sock'), /^Error: there is no socket at /)
  await refused(`${await folder.write('file', '')}/c.sock`, /^Error: there is no socket at /)
  await refused(folder.file('x'.repeat(100)), /octets; a socket's path has at most 107$/)
  await using killed = await startProcess(path, 'a.')
  await killed.end('SIGKILL')
  await refused(
    path,
    /^Error: nobody listens at .*c\.sock: the resolver that made it has ended, and no other has started$/,
  )
})

test('what is not feddns is called that', async () => {
  await using folder = await temporaryFolder()
  await using server = createServer((_, response) => response.end('{"name":"x"}\n'))
  server.listen(folder.file('other.sock'))
  await once(server, 'listening')
  await refused(folder.file('other.sock'), /^Error: what listens at .*other\.sock is not feddns$/)
})

test('a feddns that does not know the verb is of another version, and a fault of it is told', async () => {
  const broken = { method: 'POST', takes: ['name', 'below'], run: () => Promise.reject(new Error('x')) } as const
  await using without = await serve(undefined, { verbs: {} })
  await refused(without.path, /^Error: the feddns at .* does not know purge; is it of another version\?$/)
  await using faulty = await serve(undefined, { verbs: { purge: broken } })
  await refused(faulty.path, /^Error: a fault of feddns; its log tells more$/)
  faulty.faults.length = 0
})
