import assert from 'node:assert/strict'
import { test } from 'node:test'
import { feddns } from './feddns.ts'

// A wrong command line, and what the line on standard error must say. The exit code is 2, and nothing is printed.
const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
  [['purge'], /purge takes: NAME \[--below\]/],
  [['purge', 'a', 'b'], /"b" is one word too many/],
  [['purge', 'a..b'], /"a\.\.b" is no domain name: empty label in "a\.\.b"; expected a name such as www\.example\.org/],
  [['purge', 'bücher.example'], /"bücher\.example" is not ASCII; in DNS it is written as xn--bcher-kva\.example, or/],
  [['purge', 'a', '--control', ''], /--control PATH is empty/],
  [['dump', 'a', 'b'], /"b" is one word too many/],
  [['dump', ''], /"" is no domain name/],
]

test('a wrong command line ends with 2, and one line says what is wrong with it', async () => {
  for (const [i, { code, stdout, stderr }] of (await Promise.all(WRONG.map(([args]) => feddns(args)))).entries()) {
    const [args, message] = WRONG[i] as (typeof WRONG)[number]
    assert.deepEqual([code, stdout], [2, ''], `feddns ${args.join(' ')}`)
    assert.match(stderr, message)
  }
  const { code, stderr } = await feddns(['purge', 'a'], { env: { FEDDNS_BELOW: 'yes' } })
  assert.equal(code, 2)
  assert.match(stderr, /FEDDNS_BELOW "yes" is none of true, false/)
})

test('without a path the default is meant, and a socket that is not there is explained', async () => {
  const { code, stdout, stderr } = await feddns(['dump'], { env: { FEDDNS_CONTROL: '' } })
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /\/run\/feddns\/control\.sock/)
  const none = await feddns(['dump', '--control', '/nowhere/c.sock'])
  assert.equal(
    none.stderr,
    'feddns: there is no socket at /nowhere/c.sock: does the resolver run, and does its configuration have `control: /nowhere/c.sock`?\n',
  )
})
