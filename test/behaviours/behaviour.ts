import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { PENDING } from './pending.ts'

type Check = (t: TestContext) => Promise<void>

/**
 * A test of one behaviour of `cases.json`, whose name begins with its id. One that is pending has to fail, so that it is
 * noticed when it holds.
 */
export function behaviour(id: string, title: string, check: Check): void {
  const name = `${id} ${title}`
  const reason = PENDING.get(name)
  if (reason === undefined) test(name, check)
  else
    test(`${name} (pending: ${reason})`, (t) =>
      assert.rejects(async () => check(t), `"${name}" holds: it is pending no more, take it out of pending.ts`))
}
