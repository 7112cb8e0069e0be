import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCorefile } from '../../lib/config/corefile.ts'

const COREFILE = `
. {
    errors
    health
    # federation { old old.example }
    kubernetes cluster.local in-addr.arpa
    federation cluster.local {
        prod prod.example.org   # the first
        staging   staging.example.org
        upstream /etc/resolv.conf
        upstream
    }
    proxy . /etc/resolv.conf
}
example.org {
    federation {
        third third.example.org
    }
}
`

test('federation blocks are found anywhere in a Corefile, other plugins and comments left alone', () => {
  assert.deepEqual(parseCorefile(COREFILE), {
    federations: [
      ['prod', 'prod.example.org'],
      ['staging', 'staging.example.org'],
      ['third', 'third.example.org'],
    ],
    problems: [],
  })
})

test('a line end of CR LF changes nothing', () => {
  assert.deepEqual(parseCorefile(COREFILE.replaceAll('\n', '\r\n')), parseCorefile(COREFILE))
})

test('a line of a block that is not NAME DOMAIN is told with its line', () => {
  const { problems } = parseCorefile('federation {\n prod\n a b c\n}\n')
  assert.deepEqual(problems, [
    'line 2: "prod" is not of the form NAME DOMAIN',
    'line 3: "a b c" is not of the form NAME DOMAIN',
  ])
})

test('a Corefile without a federation says so', () => {
  assert.deepEqual(parseCorefile('. {\n forward . 1.1.1.1\n}').problems, ['there is no federation block'])
  assert.deepEqual(parseCorefile('').problems, ['there is no federation block'])
  assert.deepEqual(parseCorefile('federation {\n upstream 1.1.1.1\n}').problems, [
    'the federation block names no federation',
  ])
})

test('what is wrong is shown without the control characters in it, which a terminal would obey', () => {
  const { problems } = parseCorefile('federation {\n fed \u001b[31m example.com\n}')
  assert.deepEqual(problems, ['line 2: "fed \\u001b[31m example.com" is not of the form NAME DOMAIN'])
})
