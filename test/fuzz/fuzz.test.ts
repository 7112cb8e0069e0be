import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { seededRandom } from '../helpers/packets.ts'
import { bundled } from './engine/bundle.ts'
import { Fuzzer } from './engine/fuzzer.ts'
import { keptInputs } from './engine/kept-inputs.ts'

// So many beyond the inputs that are kept: about a second each. With the same seed they are the same each time.
const EXECUTIONS: Readonly<Record<string, number>> = {
  gate: 10_000,
  names: 3000,
  image: 5000,
  upstream: 5000,
  manifests: 1000,
  config: 200,
  kubernetes: 1500,
  native: 10_000,
}
const SEED = 20_261_123

const targets = readdirSync(join(import.meta.dirname, 'targets')).map((file) => file.replace(/\.ts$/, ''))

test('every target has its share', () => {
  assert.deepEqual(targets.sort(), Object.keys(EXECUTIONS).sort())
})

for (const name of targets) {
  test(`${name}: inputs that are kept, and some that nobody has tried`, async () => {
    const bundle = await bundled(name)
    const fuzzer = new Fuzzer({ bundle, random: seededRandom(SEED) })
    await fuzzer.begin([...bundle.target.seeds, ...keptInputs(name)])
    assert.ok(fuzzer.coverage.blocks > 0, 'nothing of lib/ was counted')
    for (let left = EXECUTIONS[name] ?? 0; left > 0; left--) await fuzzer.step()
    for (const { error, octets } of fuzzer.findings.values()) {
      assert.fail(`${error.stack}\nwith the input ${octets.toString('hex')}`)
    }
  })
}
