import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { isUnavailable, open, openLibrary } from '../../lib/native/library.ts'

const MODULE = join(import.meta.dirname, '../../lib/native/library.ts')

test('elsewhere it is not available, and says why', async () => {
  for (const [platform, arch, reason] of [
    ['darwin', 'arm64', /not Linux/],
    ['win32', 'x64', /not Linux/],
    ['linux', 's390x', /processor is s390x/],
    ['linux', 'ia32', /processor is ia32/],
  ] as const) {
    const opened = await open(platform, arch)
    assert.ok(isUnavailable(opened))
    assert.match(opened.reason, reason)
  }
})

test('here it is, once for all', async () => {
  assert.ok(!isUnavailable(await openLibrary()))
  assert.equal(await openLibrary(), await openLibrary())
})

const asked = (...flags: readonly string[]): string => {
  const script = `const { openLibrary } = await import('${MODULE}'); console.log((await openLibrary()).reason ?? 'yes')`
  return execFileSync(process.execPath, [...flags, '--input-type=module', '-e', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

test('in a worker it is not, since Node ends a process whose workers leave handles that it does not know', async () => {
  const worker = new Worker(
    `import('${MODULE}').then(async ({ openLibrary }) =>
      require('node:worker_threads').parentPort.postMessage((await openLibrary()).reason))`,
    { eval: true },
  )
  // Its last message and its end may come at once.
  const [[reason]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
  assert.match(String(reason), /worker/)
})

test('where Node does not have it or does not allow it, that is the reason', () => {
  assert.equal(asked(), 'yes\n')
  assert.match(asked('--no-experimental-ffi'), /node:ffi/)
  assert.match(asked('--permission', '--allow-fs-read=*'), /allow-ffi|permission|restricted/i)
  assert.equal(asked('--permission', '--allow-fs-read=*', '--allow-ffi'), 'yes\n')
})
