import assert from 'node:assert/strict'

const MAX_SHOWN = 2000

/** What is shown to a person is one line, not endless, and without control characters. */
export function assertShown(lines: readonly string[]): void {
  for (const line of lines) {
    assert.ok(line.length > 0 && line.length <= MAX_SHOWN, `a line of ${line.length} characters`)
    assert.ok(!/[\p{Cc}\u2028\u2029]/u.test(line), `control characters: ${JSON.stringify(line.slice(0, 200))}`)
  }
}
