import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatName, parseName } from '../../lib/dns/name.ts'
import { assembled } from './assembled.ts'

const FLEET = 'federations: { fleet: public.example.com }\n'

// What contradicts itself, and what the problem must say.
const REFUSED: readonly (readonly [string, string])[] = [
  ['policy: { block: { ads.example: nxdomain, Ads.Example.: nodata } }', '"Ads.Example." is given twice'],
  ['policy: { block: { .: refuse } }', '"." is not a domain name, such as ads.example'],
  ['policy: { block: { "": refuse } }', '"" is not a domain name, such as ads.example'],
  ['policy: { block: { "*.ads.example": refuse } }', '"*.ads.example" is not a domain name'],
  ['policy: { block: { a_b.example: refuse } }', '"a_b.example" is not a domain name'],
  ['policy: { block: { a..b: refuse } }', '"a..b" is not a domain name'],
  ['policy: { block: { __proto__: refuse } }', '"__proto__" is not a domain name'],
  ['policy: { block: { Cluster.Local: refuse } }', '"cluster.local." would hide the names of the cluster'],
  ['policy: { block: { local: nodata } }', '"local." would hide the names of the cluster'],
  [
    'clusterDomain: k8s.example\npolicy: { block: { example: nodata } }',
    '"example." would hide the names of the cluster',
  ],
  [`${FLEET}policy: { block: { Fleet.: nxdomain } }`, '"fleet." would hide the federation "fleet"'],
  ['policy: { block: { svc.cluster.local: refuse } }', '"svc.cluster.local." would hide the names of the cluster'],
  [
    `${FLEET}policy: { block: { fleet.svc.cluster.local: nodata } }`,
    '"fleet.svc.cluster.local." would hide the federation',
  ],
  [
    `${FLEET}policy: { block: { svc.public.example.com: nodata } }`,
    '"svc.public.example.com." would hide the federation',
  ],
  [
    `bareNames: never\n${FLEET}policy: { block: { example.com: nodata } }`,
    '"example.com." would hide the federation "fleet"',
  ],
  [
    `${FLEET}policy: { block: { public.example.com: nxdomain } }`,
    '"public.example.com." would hide the federation "fleet"',
  ],
  [`${FLEET}policy: { block: { com: nxdomain } }`, '"com." would hide the federation "fleet"'],
]

for (const [yaml, message] of REFUSED) {
  test(`${JSON.stringify(yaml)} contradicts itself`, () => {
    const { problems } = assembled(yaml)
    assert.equal(problems.length, 1, problems.join('\n') || 'not refused')
    assert.ok(problems.join().startsWith(`policy.block: ${message}`), problems.join())
  })
}

test('a federation that kube-dns names must not be hidden either', () => {
  const { problems } = assembled('policy: { block: { kube.example: refuse } }', { federations: 'fleet=kube.example' })
  assert.deepEqual(problems, ['policy.block: "kube.example." would hide the federation "fleet"'])
})

test('a part of our names may be blocked, with a warning that says so', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['ns.fleet', 'the federation "fleet"'],
    ['ns.fleet.svc.cluster.local', 'the federation "fleet"'],
    ['Ns.Fleet.svc.public.example.com', 'the federation "fleet"'],
    ['ns.svc.cluster.local', 'the names of the cluster'],
  ]
  for (const [name, what] of rows) {
    const { problems, warnings, config } = assembled(`${FLEET}policy: { block: { ${name}: refuse } }`)
    assert.deepEqual([problems, config.policy.block.size], [[], 1], name)
    assert.deepEqual(warnings, [`policy.block: "${name.toLowerCase()}." hides a part of ${what}`])
  }
})

test('a domain may be blocked whatever it is called, if it hides nothing of ours', () => {
  const names = ['constructor', '5', 'notfleet', 'example.com.example', 'blocked.example.com', 'notcluster.local']
  const block = names.map((name) => `${name}: nodata`).join(', ')
  const { config, problems, warnings } = assembled(`${FLEET}policy: { block: { ${block}, Ads.Example.: nxdomain } }`)
  assert.deepEqual([problems, warnings], [[], []])
  assert.deepEqual(
    [...config.policy.block.keys()].map(formatName).sort(),
    [...names, 'ads.example'].map((name) => `${name}.`).sort(),
  )
  assert.equal(config.policy.block.get(parseName('ads.example')), 'nxdomain')
})

test('without a policy nothing is blocked', () => {
  const { policy } = assembled('policy: {}').config
  assert.deepEqual([policy.block.size, policy.noAAAA], [0, []])
  assert.deepEqual(assembled('policy: { noAAAA: [Legacy.Example] }').config.policy.noAAAA, [
    parseName('legacy.example'),
  ])
})
