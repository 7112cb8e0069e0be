import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import * as fc from 'fast-check'
import type { Config } from '../../lib/config/config.ts'
import { loadConfig } from '../../lib/config/load-config.ts'
import { isObject } from '../../lib/base/fields.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { CertificateAuthority } from '../kubernetes/certificate-authority.ts'
import { assertWhole } from './assert-whole.ts'
import { malformed, WHOLE } from './malformed.ts'

const KEYS = Object.entries(WHOLE).flatMap(([key, value]) => [key, ...(isObject(value) ? Object.keys(value) : [])])
const NAMES_SOMETHING = new RegExp(`\\bline \\d+|alias|variable|cannot be read|\\b(${KEYS.join('|')})\\b`, 'i')

const NOW_MS = Date.parse('2026-11-23T00:00:00Z')

// What the configuration refers to.
async function filesIn(folder: TemporaryFolder): Promise<Record<string, string>> {
  const { cert, key } = new CertificateAuthority().issue('dns.test', ['dns.test'])
  return {
    CA: await folder.write('ca.pem', rootCertificates[0]),
    SECRETS: await folder.write('secrets', 'e5e973e5a6b2a43f48e7dc849e37bfcf\n'),
    CERTIFICATE: await folder.write('tls.crt', cert),
    KEY: await folder.write('tls.key', key),
  }
}

test('the configuration that is broken below is right before that', async () => {
  await using folder = await temporaryFolder()
  const env = await filesIn(folder)
  const { config, problems } = await loadConfig(await folder.write('config.yaml', WHOLE), env, NOW_MS)
  assert.deepEqual(problems, [])
  assertWhole(config as Config)
})

test('1,000 malformed configurations: each is taken as a whole, or refused with what is wrong; none is a crash', async () => {
  await using folder = await temporaryFolder()
  const env = await filesIn(folder)
  let refused = 0
  await fc.assert(
    fc.asyncProperty(malformed, async (text) => {
      const { config, problems } = await loadConfig(await folder.write('config.yaml', text), env, NOW_MS)
      if (config !== undefined) {
        assert.deepEqual(problems, [], 'both a configuration and problems')
        return assertWhole(config)
      }
      refused++
      assert.ok(problems.length > 0, 'neither a configuration nor a problem')
      for (const problem of problems) assert.match(problem, NAMES_SOMETHING)
    }),
    { numRuns: 1000 },
  )
  assert.ok(refused > 500, `only ${refused} of 1,000 were wrong at all`)
})
