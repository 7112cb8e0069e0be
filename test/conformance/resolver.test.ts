import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

// What kube-dns, the CoreDNS plugin and Federation v1 answered, where they were right, and what we promise beyond that:
// asked of the real process over real sockets, with upstreams that follow a script. See README.md beside this file.
test('the resolver gives the expected answer in every conformance case', async () => {
  const args = ['test/conformance/check-resolver.mjs', '--cases', 'test/conformance/resolver.json', '--cmd']
  const judge = spawn(process.execPath, [...args, `"${process.execPath}" cmd/feddns.ts resolver --config`])
  const lines: string[] = []
  createInterface({ input: judge.stdout }).on('line', (line) => lines.push(line))
  await once(judge, 'close')
  assert.deepEqual(
    lines.filter((line) => line.startsWith('FAIL')),
    [],
  )
  assert.match(lines.at(-1) ?? '', /^190 passed, 0 failed$/)
})
