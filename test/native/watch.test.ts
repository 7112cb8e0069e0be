import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { Memory } from '../../lib/native/memory.ts'
import { AF_INET, SocketAddresses } from '../../lib/native/socket-address.ts'
import { SocketCalls } from '../../lib/native/socket-calls.ts'
import { READABLE, Watch, WRITABLE } from '../../lib/native/watch.ts'
import { eventually } from '../helpers/eventually.ts'
import { library } from './library-under-test.ts'

const calls = new SocketCalls(library)
const addresses = new SocketAddresses(library)

const run = (task: string, ...flags: readonly string[]) =>
  spawnSync(process.execPath, [...flags, join(import.meta.dirname, 'watch-child.ts'), task], {
    encoding: 'utf8',
    timeout: 60_000,
  })

/** A socket that is connected to itself, watched, and closed at the end of the test. */
class Watched implements AsyncDisposable {
  readonly fd = calls.open(AF_INET)
  readonly memory = new Memory(library, 100)
  readonly watch: Watch

  constructor(onEvent: (watched: Watched) => void) {
    calls.bind(this.fd, addresses.parse('127.0.0.1', 0))
    calls.connect(this.fd, addresses.parse('127.0.0.1', calls.portOf(this.fd)))
    this.watch = new Watch(library, this.fd, () => onEvent(this))
  }

  send(): void {
    assert.equal(calls.send(this.fd, this.memory, 1), 1)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.watch.close()
    calls.close(this.fd)
    await closed
  }
}

test('tells that there is something to read, and nothing when there is not', async () => {
  let events = 0
  await using watched = new Watched(({ fd, memory }) => {
    events++
    calls.receive(fd, memory)
  })
  watched.watch.start(READABLE)
  for (let sent = 1; sent <= 3; sent++) {
    watched.send()
    await eventually(() => assert.equal(events, sent))
  }
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  assert.equal(events, 3)
})

test('what a call settles goes on without anything else happening', async () => {
  const settled = Promise.withResolvers<number>()
  await using watched = new Watched(({ fd, memory }) => settled.resolve(calls.receive(fd, memory)))
  watched.watch.start(READABLE)
  watched.send()
  assert.equal(await settled.promise, 1)
})

test('tells that there is room to write only while that is asked for', async () => {
  let events = 0
  await using watched = new Watched(({ watch }) => {
    if (++events === 3) watch.start(READABLE)
  })
  watched.watch.start(READABLE | WRITABLE)
  await eventually(() => assert.equal(events, 3))
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  assert.equal(events, 3)
})

test('goes on after an error of the socket', async () => {
  const results: number[] = []
  await using watched = new Watched(({ fd, memory }) => results.push(calls.receive(fd, memory)))
  const gone = calls.open(AF_INET)
  calls.bind(gone, addresses.parse('127.0.0.1', 0))
  const closedPort = calls.portOf(gone)
  calls.close(gone)
  watched.watch.start(READABLE)
  const itself = addresses.parse('127.0.0.1', calls.portOf(watched.fd))
  for (let i = 0; i < 2; i++) {
    results.length = 0
    calls.connect(watched.fd, addresses.parse('127.0.0.1', closedPort))
    watched.send()
    await eventually(() => assert.ok(results.some((result) => result < 0)))
    results.length = 0
    calls.connect(watched.fd, itself)
    watched.send()
    await eventually(() => assert.deepEqual(results, [1]))
  }
})

test('once closed it tells nothing more, and closing again is the same', async () => {
  let events = 0
  const watched = new Watched(() => void events++)
  watched.watch.start(READABLE)
  watched.send()
  await Promise.all([watched[Symbol.asyncDispose](), watched.watch.close()])
  watched.watch.start(READABLE)
  watched.watch.keepAlive(true)
  assert.equal(events, 0)
})

test('what cannot be watched is refused', () => {
  assert.throws(() => new Watch(library, 9999, () => {}), { code: 'EBADF' })
})

test('keeps a process alive, or does not, as it is told', () => {
  assert.equal(run('unneeded').status, 0)
  const { status, stdout } = run('needed')
  assert.deepEqual([status, stdout], [0, 'heard 1\n'])
})

test('an exception is one of the process', () => {
  const { status, stderr } = run('throws')
  assert.equal(status, 1)
  assert.match(stderr, /Error: from within/)
})

test('nothing that libuv refers to is collected, and all of it can be closed', () => {
  const { status, stdout } = run('many', '--expose-gc')
  assert.deepEqual([status, stdout], [0, '1000\n'])
})
