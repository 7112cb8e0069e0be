import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCookieSecrets } from '../../lib/config/cookie-secrets.ts'
import { loadConfig } from '../../lib/config/load-config.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { assembled } from './assembled.ts'
import { MINIMAL } from './minimal.ts'

const ONE = 'e5e973e5a6b2a43f48e7dc849e37bfcf'
const TWO = '445536bcd2513298075a5d379663c962'

const GOOD: readonly (readonly [string, string, readonly string[]])[] = [
  ['one', ONE, [ONE]],
  ['two, of which the first makes cookies', `${ONE}\n${TWO}\n`, [ONE, TWO]],
  ['upper case, blanks and a line end of another system', `  ${ONE.toUpperCase()}\r\n`, [ONE]],
  ['comments and empty lines', `# of May\n\n${ONE} # since Monday\n`, [ONE]],
]

for (const [what, text, secrets] of GOOD) {
  test(`${what}: taken`, () => assert.deepEqual(parseCookieSecrets(text), { secrets }))
}

const BAD: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '\n', /^has 0 secrets; expected one secret of 32 hexadecimal digits on a line, at most 2 of them$/],
  ['three', `${ONE}\n${TWO}\n${ONE}`, /^has 3 secrets/],
  ['31 digits', `${ONE}\n${TWO.slice(1)}`, /^line 2 is no secret/],
  ['two on one line', `${ONE} ${TWO}`, /^line 1 is no secret/],
  ['base64', '5elz5aayo/RI592ENzv8/w==', /^line 1 is no secret/],
]

for (const [what, text, problem] of BAD) {
  test(`${what}: refused, without showing it`, () => {
    const outcome = parseCookieSecrets(text)
    assert.match(outcome.problem ?? 'not refused', problem)
    assert.ok(!outcome.problem?.includes(text.slice(0, 8)) || text.length < 8)
    assert.deepEqual(outcome.secrets, [])
  })
}

test('the file is read, and watched; what is wrong with it leaves nothing of the configuration', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('secrets')
  const config = await folder.write(
    'config.yaml',
    `${MINIMAL}forward: { upstreams: [] }\nedns: { cookies: on, secretFile: ${path} }\n`,
  )
  const missing = await loadConfig(config, {}, 0)
  assert.deepEqual(missing.problems, [`edns.secretFile: ${path}: cannot be read (ENOENT)`])
  assert.ok(missing.paths.includes(path))
  await folder.write('secrets', 'secret')
  const wrong = await loadConfig(config, {}, 0)
  assert.equal(wrong.config, undefined)
  assert.match(wrong.problems.join(), /^edns\.secretFile: .*: line 1 is no secret; expected/)
  await folder.write('secrets', `${ONE}\n${TWO}\n`)
  const right = await loadConfig(config, {}, 0)
  assert.deepEqual([right.problems, right.config?.edns.cookieSecrets], [[], [ONE, TWO]])
})

test('cookies need secrets, and secrets alone do nothing', () => {
  for (const cookies of ['on', 'required'])
    assert.deepEqual(assembled(`edns: { cookies: ${cookies} }`).problems, [
      `edns.secretFile: missing; expected the file of secrets that all nodes share, for edns.cookies: ${cookies}`,
    ])
  assert.deepEqual(assembled('edns: { secretFile: a }').warnings, ['edns.secretFile: not used, as edns.cookies is off'])
  assert.deepEqual(assembled('edns: { cookies: on, secretFile: a }').warnings, [])
})

test('only upstreams that there are can be believed to have validated', () => {
  const problemsOf = (trusted: string) =>
    assembled(
      `forward: { upstreams: [10.0.0.1, tls://9.9.9.9], stubDomains: { a: [10.0.0.2] }, trustAD: ["${trusted}"] }`,
    ).problems
  for (const trusted of ['10.0.0.1', 'tls://9.9.9.9', '10.0.0.2']) assert.deepEqual(problemsOf(trusted), [])
  assert.deepEqual(problemsOf('9.9.9.9'), ['forward.trustAD: 9.9.9.9:53 is none of the upstreams'])
})
