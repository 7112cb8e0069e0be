import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const run = promisify(execFile)

test('the bundle answers by itself, without anything else of the checkout', async () => {
  await using folder = await temporaryFolder()
  await run('npm', ['run', 'build'])
  const bundle = join(folder.path, 'feddns.mjs')
  cpSync('dist/feddns.js', bundle)
  const { stdout: version } = await run(process.execPath, [bundle, 'version'], { cwd: folder.path })
  assert.match(version, /^\d+\.\d+\.\d+\n$/)
  const judge = [
    'test/conformance/check-resolver.mjs',
    '--cases',
    'test/conformance/resolver.json',
    '--only',
    'N-guide-*,N-size-*,N-config-10',
  ]
  const { stdout } = await run(process.execPath, [
    ...judge,
    '--cmd',
    `"${process.execPath}" "${bundle}" resolver --config`,
  ])
  assert.match(stdout, /\n8 passed, 0 failed\n$/)
})
