import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startResolver } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const PROGRAM = join(import.meta.dirname, '../../cmd/feddns.ts')

async function flagsOf(command: readonly string[]): Promise<string[]> {
  await using folder = await temporaryFolder()
  const config = await folder.write('config.yaml', {
    federations: { fleet: 'example.com' },
    listen: ['127.0.0.1:0'],
    source: { manifests: [await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items: [] })] },
    forward: { upstreams: [] },
    lameDuck: '0s',
  })
  await using resolver = await startResolver({ config, command: [...command] })
  const words = readFileSync(`/proc/${resolver.pid}/cmdline`, 'utf8').split('\0')
  assert.deepEqual(await resolver.stop(), { code: 0, signal: null })
  assert.equal(resolver.stderr, '')
  return words.slice(1, words.indexOf(PROGRAM))
}

test('the process that was started collects garbage often and little, whoever starts it', async () => {
  const command = [process.execPath, '--no-warnings', PROGRAM]
  assert.deepEqual(await flagsOf(command), ['--no-warnings', '--max-semi-space-size=2', '--single-threaded-gc'])
})

test('what is said of it on the command line stays', async () => {
  const command = [process.execPath, '--max-semi-space-size=16', PROGRAM]
  assert.deepEqual(await flagsOf(command), ['--max-semi-space-size=16'])
})
