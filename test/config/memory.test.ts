import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMemoryBytes } from '../../lib/config/memory.ts'

test('an amount of memory is a whole number of Ki, Mi or Gi', () => {
  const rows: readonly (readonly [string, number])[] = [
    ['0Ki', 0],
    ['1Ki', 1024],
    ['20Mi', 20 * 1024 * 1024],
    ['3Gi', 3 * 1024 ** 3],
    ['010Mi', 10 * 1024 * 1024],
  ]
  for (const [text, bytes] of rows) assert.equal(parseMemoryBytes(text), bytes, text)
})

test('anything else is none', () => {
  const units = ['1', '1M', '1MiB', '1mi', '1KI', '1Ti', '1m', 'Mi', '1Mi1Ki', '1B']
  const numbers = ['', '-1Mi', '+1Mi', '1.5Gi', '.5Gi', '1e3Mi', '0x1Mi', '1_000Mi', '\u0663Mi', '9999999999Ki']
  const blanks = [' 1Mi', '1 Mi', '1Mi ', '1Mi\n']
  for (const text of [...units, ...numbers, ...blanks])
    assert.equal(parseMemoryBytes(text), undefined, JSON.stringify(text))
})
