import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseKubeDns } from '../../lib/config/kube-dns.ts'

const parse = (data: Readonly<Record<string, string>>) => parseKubeDns(new Map(Object.entries(data)))

test('all three keys of the ConfigMap are read', () => {
  const { config, problems } = parse({
    federations: ' a=b.example , cc=dd.example\n',
    stubDomains: '{"acme.local": ["10.0.0.1", "[fd00::1]:54", "ns.acme.example"]}',
    upstreamNameservers: '["10.0.0.2"]\n',
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(config, {
    federations: [
      ['a', 'b.example'],
      ['cc', 'dd.example'],
    ],
    stubDomains: {
      'acme.local': [
        { host: '10.0.0.1', port: 53 },
        { host: 'fd00::1', port: 54 },
        { host: 'ns.acme.example', port: 53 },
      ],
    },
    upstreamNameservers: [{ host: '10.0.0.2', port: 53 }],
  })
})

test('no key, an empty one and one of another program are no problem', () => {
  const empty = { federations: [], stubDomains: {}, upstreamNameservers: [] }
  assert.deepEqual(parse({}), { config: empty, problems: [] })
  const blank = { federations: ' ', stubDomains: '', upstreamNameservers: '\n', other: '{' }
  assert.deepEqual(parse(blank), { config: empty, problems: [] })
})

// A key of the ConfigMap, a bad value, and what the problem must show beside the key.
const BAD: readonly (readonly [string, string, string])[] = [
  ['federations', 'a', '"a" is not of the form name=domain'],
  ['federations', 'a=b,', '"" is not of the form name=domain'],
  ['federations', 'a=b=c', '"a=b=c"'],
  ['stubDomains', '{', '"{" is not JSON'],
  ['stubDomains', '["a.b"]', '["a.b"] is not an object of domain to list of servers'],
  ['stubDomains', 'null', 'null is not an object of domain to list of servers'],
  ['stubDomains', '{"a.b": "10.0.0.1"}', '"10.0.0.1" is not a list of servers'],
  ['stubDomains', '{"a.b": [53]}', '53 is not a server'],
  ['stubDomains', '{"a.b": ["ns.example:53"]}', '"ns.example:53" is not a server'],
  ['stubDomains', '{"a.b": ["0.0.0.0"]}', '"0.0.0.0" is not a server; allowed: IP or IP:port, no wildcard'],
  ['upstreamNameservers', '["[::]:53"]', '"[::]:53" is not a server'],
  ['stubDomains', `{"a.b": ["${'a'.repeat(64)}.b"]}`, 'is not a server'],
  ['stubDomains', '{"a_b": []}', '"a_b" is not a domain name'],
  ['stubDomains', '{"__proto__": ["10.0.0.1"]}', '"__proto__" is not a domain name'],
  ['upstreamNameservers', '10.0.0.1', '"10.0.0.1" is not JSON'],
  ['upstreamNameservers', '"10.0.0.1"', '"10.0.0.1" is not a list of servers'],
  ['upstreamNameservers', '{}', '{} is not a list of servers'],
  ['upstreamNameservers', '["ns.example"]', '"ns.example" is not a server'],
  ['upstreamNameservers', '["10.0.0.1","10.0.0.2","10.0.0.3","10.0.0.4"]', '4 servers, at most 3 are allowed'],
]

for (const [key, value, shown] of BAD) {
  test(`${key}: ${value} is refused, with the key and the value`, () => {
    const [problem = 'not refused'] = parse({ [key]: value }).problems
    assert.ok(problem.startsWith(`kube-dns key ${key}`) && problem.includes(shown), problem)
  })
}

test('problems of all keys are told at once', () => {
  const { problems } = parse({ federations: 'x', stubDomains: 'y', upstreamNameservers: '["z", "w"]' })
  assert.equal(problems.length, 4, problems.join('\n'))
})

test('no value of any key makes it throw, or leaves a server that is none', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.stringMatching(/^[a-z0-9=,. ]{0,30}$/))
  fc.assert(
    fc.property(text, text, text, (federations, stubDomains, upstreamNameservers) => {
      const { config, problems } = parse({ federations, stubDomains, upstreamNameservers })
      assert.ok(problems.every((problem) => problem.startsWith('kube-dns key ')))
      for (const server of [...Object.values(config.stubDomains).flat(), ...config.upstreamNameservers])
        assert.ok(server.host !== '' && server.port >= 1 && server.port <= 65_535)
    }),
    { numRuns: 500 },
  )
})
