import assert from 'node:assert/strict'
import { once } from 'node:events'
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { type ControlListener, listenControl } from '../../lib/control/listen-control.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { startProcess } from './running-process.ts'
import { ask, serve } from './served.ts'

async function listen(path: string): Promise<ControlListener & AsyncDisposable> {
  const listener = await listenControl({ path, verbs: {}, onFault: () => {} })
  return { ...listener, [Symbol.asyncDispose]: () => listener.close() }
}

const refused = (path: string, message: RegExp, what = path): Promise<void> =>
  assert.rejects(
    async () => {
      await using listener = await listen(path)
      assert.fail(`listens at ${listener.path}`)
    },
    message,
    what,
  )

const nameAt = async (path: string) => (JSON.parse((await ask(path, '/dump')).text) as { name: string }).name

test('the socket is for its user alone, whatever the umask, and nothing else is in the folder', async () => {
  const before = process.umask(0)
  try {
    await using control = await serve()
    const { mode } = await lstat(control.path)
    assert.equal((mode & 0o7777).toString(8), '600')
    assert.deepEqual(await readdir(control.folder.path), [basename(control.path)])
    assert.equal((await ask(control.path, '/')).status, 200)
  } finally {
    process.umask(before)
  }
})

test('at its end it removes the socket', async () => {
  await using folder = await temporaryFolder()
  await using listener = await listen(folder.file('c.sock'))
  await listener.close()
  assert.deepEqual(await readdir(folder.path), [])
})

test('what a killed process left is replaced', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('c.sock')
  await using killed = await startProcess(path, 'old.')
  await killed.end('SIGKILL')
  assert.ok((await lstat(path)).isSocket())
  await assert.rejects(ask(path, '/'), { code: 'ECONNREFUSED' })
  await using next = await startProcess(path, 'new.')
  assert.equal(next.said, 'listening')
  assert.equal(await nameAt(path), 'new.')
})

test('a newer process takes over, and the older one leaves it alone when it ends', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('c.sock')
  await using older = await startProcess(path, 'old.')
  assert.equal(older.said, 'listening')
  assert.equal(await nameAt(path), 'old.')
  await using newer = await startProcess(path, 'new.')
  assert.equal(newer.said, 'took over')
  assert.equal(await nameAt(path), 'new.')
  await older.end('SIGTERM')
  assert.equal(await nameAt(path), 'new.')
  await newer.end('SIGTERM')
  assert.deepEqual(await readdir(folder.path), [])
})

test('there is always one that answers, while processes take over from each other', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('c.sock')
  const seen: string[] = []
  const over = new AbortController()
  await using older = await startProcess(path, 'old.')
  const asking = (async () => {
    while (!over.signal.aborted) seen.push(await nameAt(path))
  })()
  await using newer = await startProcess(path, 'new.').finally(() => over.abort())
  await asking
  assert.equal(newer.said, 'took over')
  assert.equal(seen[0], 'old.')
  assert.deepEqual([...new Set([...seen, await nameAt(path)])], ['old.', 'new.'])
  await older.end('SIGTERM')
})

test('within one process too a newer listener takes over', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('c.sock')
  await using older = await listen(path)
  await using newer = await listen(path)
  assert.deepEqual([older.tookOver, newer.tookOver], [false, true])
  await older.close()
  assert.equal((await ask(path, '/')).status, 200)
  await newer.close()
  assert.deepEqual(await readdir(folder.path), [])
})

const plain = (act: (socket: Socket) => void): Server =>
  createPlainServer((socket) => {
    socket.on('error', () => {}).resume()
    act(socket)
  })

// Servers that are not feddns, and what is said of them.
const FOREIGN: readonly (readonly [string, () => Server, RegExp])[] = [
  [
    'speaks HTTP',
    () => createServer((_, response) => response.end()),
    /another process listens at .*, which is not feddns$/,
  ],
  ['says nothing', () => plain(() => {}), /another process listens at .* \(it does not answer\)$/],
  ['hangs up', () => plain((socket) => socket.destroy()), /another process listens at .* \(.+\)$/],
  ['is no HTTP', () => plain((socket) => socket.end('220 mail\r\n')), /another process listens at .* \(.+\)$/],
]

test('the socket of anything else that listens is left to it', async () => {
  await using folder = await temporaryFolder()
  for (const [what, make, message] of FOREIGN) {
    await using server = make()
    const path = folder.file('other.sock')
    server.listen(path)
    await once(server, 'listening')
    const { ino } = await lstat(path)
    await refused(path, message, what)
    assert.equal((await lstat(path)).ino, ino)
    assert.deepEqual(await readdir(folder.path), ['other.sock'])
  }
})

test('a feddns that is stopped is not taken for one that has ended', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('c.sock')
  await using stopped = await startProcess(path, 'old.')
  stopped.signal('SIGSTOP')
  await refused(path, /another process listens at .* \(it does not answer\)$/)
  stopped.signal('SIGCONT')
  assert.equal(await nameAt(path), 'old.')
})

test('a file, a folder and a link are left as they are', async () => {
  await using folder = await temporaryFolder()
  const [file, inner, link] = [folder.file('file'), folder.file('folder'), folder.file('link')]
  await writeFile(file, 'precious')
  await mkdir(inner)
  await symlink(file, link)
  for (const path of [file, inner, link])
    await refused(path, new RegExp(`^Error: cannot listen at ${path}: there is something else than a socket`))
  assert.equal(await readFile(file, 'utf8'), 'precious')
  assert.equal(await readlink(link), file)
  assert.deepEqual((await readdir(folder.path)).sort(), ['file', 'folder', 'link'])
})

test('a path that cannot be is refused with what is allowed', async () => {
  await using folder = await temporaryFolder()
  const file = await folder.write('file', '')
  const long = folder.file('x'.repeat(90))
  const deep = join(folder.path, 'd'.repeat(97 - folder.path.length), 's')
  const rows: readonly (readonly [string, RegExp])[] = [
    [long, /has \d{3} octets; a socket's path has at most 107$/],
    [deep, /has 98 octets; that of a socket has at most 97$/],
    [`${folder.path}/\0`, /has a zero octet/],
    [folder.file('none/c.sock'), /^Error: cannot listen at .*: there is no directory .*none; in a pod it is a volume/],
    [join(file, 'c.sock'), /file is no directory$/],
  ]
  for (const [path, message] of rows) await refused(path, message)
  assert.deepEqual(await readdir(folder.path), ['file'])
})

test('the longest path there can be works', async () => {
  await using folder = await temporaryFolder()
  const inner = join(folder.path, 'd'.repeat(97 - folder.path.length - 1))
  await mkdir(inner)
  for (const path of [join(inner, 'e'.repeat(9)), folder.file('f'.repeat(107 - folder.path.length - 1))]) {
    await using listener = await listen(path)
    assert.equal((await ask(listener.path, '/')).status, 200)
  }
})
