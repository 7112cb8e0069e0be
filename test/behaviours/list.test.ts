import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import cases from './cases.json' with { type: 'json' }
import { PENDING } from './pending.ts'

// What holds is for the tests beside this one; that each behaviour has one is for these.

const HERE = import.meta.dirname

const names = globSync(join(HERE, '*.ts')).flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/\bbehaviour\(\s*'([^']+)',\s*(?:'((?:[^'\\]|\\.)+)'|`([^`]+)`)/g)].map(
    ([, id = '', plain, template]) => ({ id, title: (plain ?? template ?? '').replaceAll("\\'", "'") }),
  ),
)

test('every behaviour has a test whose name begins with its id', () => {
  const tested = new Set(names.map(({ id }) => id))
  assert.deepEqual(
    cases.filter(({ id }) => !tested.has(id)).map(({ id }) => id),
    [],
  )
})

test('every test is of a behaviour that there is, and no two have the same name', () => {
  const known = new Set(cases.map(({ id }) => id))
  assert.equal(known.size, cases.length)
  assert.deepEqual(
    names.filter(({ id }) => !known.has(id)),
    [],
  )
  assert.equal(new Set(names.map(({ id, title }) => `${id} ${title}`)).size, names.length)
})

test('what is pending is named here, and only what has a test', (t) => {
  const all = new Set(names.map(({ id, title }) => `${id} ${title}`))
  for (const [name, reason] of PENDING) {
    t.diagnostic(`pending: ${name}: ${reason}`)
    assert.ok(all.has(name), `pending.ts: there is no test "${name}"`)
  }
})

test('every level is one of three, and every source is given', () => {
  for (const { id, level, source } of cases) {
    assert.match(level, /^(MUST|SHOULD|CHOICE)$/, id)
    assert.ok(source.length > 0, id)
  }
})
