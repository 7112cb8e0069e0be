import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileOf, MINIMAL, problemsOf, withKey } from './minimal.ts'

test('a required key that is missing is named, with what it may be', () => {
  const [listen = '', source = '', ...more] = problemsOf('')
  assert.match(listen, /^listen: missing; expected a list of addresses/)
  assert.match(source, /^source: missing; expected a mapping of the keys manifests, kubernetes, grace/)
  assert.deepEqual(more, [])
  assert.match(problemsOf(withKey('http: {}')).join(), /^http\.listen: missing; expected an IP address and a port/)
})

test('an unknown key is named by its path, with the keys that are allowed there', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['lisen: []', 'lisen: no such key; allowed here: clusterDomain, federations, publicNames,'],
    ['answers: { TTL: 5s }', 'answers.TTL: no such key; allowed here: ttl, redirectTtl, style'],
    ['source: { manifest: [a] }', 'source.manifest: no such key; allowed here: manifests, kubernetes, grace'],
    ['constructor: {}', 'constructor: no such key'],
    ['__proto__: {}', '__proto__: no such key'],
  ]
  for (const [yaml, message] of rows) {
    const problems = problemsOf(withKey(yaml))
    assert.ok(problems.length === 1 && problems[0]?.startsWith(message), problems.join('\n') || yaml)
  }
})

test('every unknown key is named, not the first alone', () => {
  const problems = problemsOf(withKey('ttl: 5s\nzone: a\nanswers: { TTL: 5s, Style: flat }'))
  for (const key of ['ttl', 'zone', 'answers.TTL', 'answers.Style'])
    assert.ok(
      problems.some((problem) => problem.startsWith(`${key}: no such key`)),
      `${key} in\n${problems.join('\n')}`,
    )
})

test('a path may begin with the home directory', () => {
  const yaml = 'listen: ["127.0.0.1:0"]\nsource: { kubernetes: { kubeconfig: ~/.kube/config } }'
  assert.equal(fileOf(yaml, { HOME: '/root' }).source.kubernetes?.kubeconfig, '/root/.kube/config')
  assert.match(problemsOf(yaml).join(), /the environment variable HOME is not set \(in "~\/\.kube\/config"\)/)
})

test('all problems are told at once', () => {
  const text = 'listen: [x]\nsource: { grace: 1 }\nanswers: { ttl: 0s, style: y }\ncache: { entries: z }\nmore: 1\n'
  const keys = problemsOf(text).map((problem) => problem.slice(0, problem.indexOf(': ')))
  assert.deepEqual(keys.sort(), ['answers.style', 'answers.ttl', 'cache.entries', 'listen.0', 'more', 'source.grace'])
})

test('a problem is one line of bounded length, whatever stands in the file', () => {
  for (const yaml of [
    `kubeDns: ["${'x'.repeat(100_000)}"]`,
    `clusterDomain: "${'a\\n'.repeat(10_000)}"`,
    '"\\e[31m\\nproblem: all is well\\u2028": 1',
    `federations: [${'[x],'.repeat(10_000)}]`,
    `? "${'k'.repeat(50_000)}"\n: 1`,
  ]) {
    const problems = problemsOf(withKey(yaml))
    assert.ok(problems.length > 0, yaml.slice(0, 40))
    for (const problem of problems) {
      assert.ok(problem.length < 1000, `${problem.length} characters: ${problem.slice(0, 100)}`)
      // oxlint-disable-next-line no-control-regex
      assert.doesNotMatch(problem, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
    }
  }
})

test('a value may name environment variables', () => {
  const env = { POD_IP: '10.4.0.9', DIR: '/x', EMPTY: '' }
  const text =
    'listen: ["${POD_IP}:1053"]\nsource: { manifests: ["${DIR}/a-${POD_IP}${EMPTY}"] }\nfederations: { a: "$DIR" }'
  const file = fileOf(text, env)
  assert.deepEqual(file.listen, [{ host: '10.4.0.9', port: 1053 }])
  assert.deepEqual(file.source.manifests, ['/x/a-10.4.0.9'])
  assert.deepEqual(file.federations, { a: '$DIR' })
})

test('what an environment variable holds is text, not YAML and not another variable', () => {
  const env = { A: '${B}', B: '[1, 2]' }
  assert.deepEqual(fileOf(withKey('source: { manifests: ["${A}", "${B}"] }'), env).source.manifests, ['${B}', '[1, 2]'])
})

test('an environment variable that is not set is named with the value that asks for it', () => {
  const problems = problemsOf('listen: ["${POD_IP}:53"]\nsource: { manifests: ["${DIR}"] }')
  assert.equal(problems.length, 2)
  assert.match(problems[0] ?? '', /POD_IP is not set.*"\$\{POD_IP\}:53"/)
  assert.match(problems[1] ?? '', /DIR is not set.*"\$\{DIR\}"/)
})

test('an environment variable that is not set does not hide other problems', () => {
  assert.match(problemsOf('listen: ["${POD_IP}:53"]\nsource: { manifests: [a] }\nmore: 1').join('\n'), /^more: /m)
})

test('an error of YAML is told with its line', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    [`${MINIMAL}answers: { ttl: 5s\n`, /^line [34]: /],
    [`${MINIMAL}answers:\n\tttl: 5s\n`, /^line 4: Tabs are not allowed/],
    [`${MINIMAL}cache: {}\ncache: {}\n`, /^line 4: Map keys must be unique/],
    [`${MINIMAL}answers: "x\n`, /^line [34]: Missing closing "/],
    [`${MINIMAL}---\n${MINIMAL}`, /^line 3: .*multiple documents/],
    [`${MINIMAL}a: b: c\n`, /^line 3: /],
  ]
  for (const [text, message] of rows) assert.match(problemsOf(text)[0] ?? 'accepted', message)
})

test('aliases are followed, and a document that would explode or contains itself is refused', () => {
  const file = fileOf(withKey('health: { leaveAfter: &hold 30s, returnAfter: *hold }'))
  assert.deepEqual([file.health.leaveAfter, file.health.returnAfter], [30_000, 30_000])
  const bomb = 'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]'
  for (const yaml of [bomb, 'answers: *nowhere', 'federations: &a { x: *a }', 'acl: &a { allow: [*a] }'])
    assert.ok(problemsOf(withKey(yaml)).length > 0, yaml)
})

test('values of a kind that JSON lacks are refused, not read as empty', () => {
  for (const yaml of ['federations: !!omap [{ a: example.com }]', 'answers: !!set { ttl }', 'answers: { ttl: .nan }'])
    assert.ok(problemsOf(withKey(yaml)).length > 0, yaml)
})

test('what is nested too deep for the parser is a problem', () => {
  assert.match(problemsOf(`a:\n  b:\n    c: ${'d: '.repeat(5000)}\n"`).join(), /Maximum call stack size exceeded/)
})
