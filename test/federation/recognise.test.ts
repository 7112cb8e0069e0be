import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatName, nameOf, parseName } from '../../lib/dns/name.ts'
import { recogniser } from '../../lib/federation/recognise.ts'

const federation = (name: string, bare = true) => ({ name, domain: parseName('example.com'), bare })
const recognise = recogniser({
  clusterDomain: parseName('cluster.local'),
  federations: new Map([
    ['fed', federation('fed')],
    ['dev', federation('dev', false)],
  ]),
})

// What a name is, in a few words; a dash for an ordinary one.
function kindOf(name: string): string {
  const found = recognise(parseName(name))
  if (found === undefined) return '-'
  if (found.kind !== 'shard') return `${found.kind} ${formatName(found.zone)}`
  const { service, namespace, federation, prefix, zone } = found
  const port = prefix && `_${prefix.port ?? ''}._${prefix.protocol}`
  return ['shard', service, namespace, federation.name, formatName(zone), port].filter(Boolean).join(' ')
}

const L63 = 'a'.repeat(63)

const TABLE: readonly (readonly [string, string])[] = [
  ['web.shop.fed.svc.cluster.local', 'shard web shop fed cluster.local.'],
  ['WEB.Shop.FED.SVC.Cluster.LOCAL', 'shard web shop fed cluster.local.'],
  ['web.shop.fed', 'shard web shop fed fed.'],
  ['1web.2shop.fed', 'shard 1web 2shop fed fed.'],
  [`${L63}.shop.fed`, `shard ${L63} shop fed fed.`],
  ['_http._tcp.web.shop.fed', 'shard web shop fed fed. _http._tcp'],
  ['_dns._udp.web.shop.fed.svc.cluster.local', 'shard web shop fed cluster.local. _dns._udp'],
  ['_m2pa._sctp.web.shop.fed', 'shard web shop fed fed. _m2pa._sctp'],
  ['_tcp.web.shop.fed', 'shard web shop fed fed. _._tcp'],
  // The zone itself, and what is below it without being a Service.
  ['fed', 'apex fed.'],
  ['shop.fed', 'nodata fed.'],
  ['_tcp.fed', 'nxdomain fed.'],
  ['*.fed', 'nxdomain fed.'],
  ['a.web.shop.fed', 'nxdomain fed.'],
  ['_http._xyz.web.shop.fed', 'nxdomain fed.'],
  ['a._http._tcp.web.shop.fed', 'nxdomain fed.'],
  ['web_1.shop.fed', 'nxdomain fed.'],
  ['-web.shop.fed', 'nxdomain fed.'],
  // Search candidates.
  ['web.shop.fed.default.svc.cluster.local', 'nxdomain cluster.local.'],
  ['web.shop.fed.fed.svc.cluster.local', 'nxdomain cluster.local.'],
  ['web.shop.dev.fed.svc.cluster.local', 'nxdomain cluster.local.'],
  ['web.shop.fed.cluster.local', 'nxdomain cluster.local.'],
  // Long names only.
  ['web.shop.dev.svc.cluster.local', 'shard web shop dev cluster.local.'],
  ['web.shop.dev', '-'],
  ['dev', '-'],
  // Ordinary names of the cluster.
  ['web.shop.svc.cluster.local', '-'],
  ['shop.fed.svc.cluster.local', '-'],
  ['fed.svc.cluster.local', '-'],
  ['svc.cluster.local', '-'],
  ['cluster.local', '-'],
  ['a.web.shop.fed.svc.cluster.local', '-'],
  ['*.shop.fed.svc.cluster.local', '-'],
  ['_http._tcp.web.shop.svc.cluster.local', '-'],
  ['_http._tcp.fed.default.svc.cluster.local', '-'],
  ['_http._tcp.web.shop.fed.default.svc.cluster.local', '-'],
  ['_http._tcp.web.shop.fed.cluster.local', '-'],
  ['web.shop.fed.pod.cluster.local', '-'],
  ['web.shop.other.svc.cluster.local', '-'],
  ['web.shop.fed.a_b.svc.cluster.local', '-'],
  // The rest of the world.
  ['web.shop.other', '-'],
  ['web.shop.notfed', '-'],
  ['web.shop.fed.svc.cluster.local.example.org', '-'],
  ['xcluster.local', '-'],
  ['.', '-'],
]

for (const [name, expected] of TABLE) {
  test(`${name.length > 70 ? `${name.slice(0, 67)}...` : name} is ${expected === '-' ? 'an ordinary name' : expected}`, () => {
    assert.equal(kindOf(name), expected)
  })
}

test('names outside our zones are never ours, whatever octets they hold', () => {
  const octets = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 10,
  })
  fc.assert(
    fc.property(fc.array(octets, { maxLength: 8 }), (labels) => {
      const last = labels.at(-1)?.toLowerCase()
      fc.pre(last !== 'fed' && last !== 'local')
      assert.equal(recognise(nameOf(labels)), undefined)
    }),
  )
})

test('whatever stands below a federation, the zone is answered here: nothing leaks to an upstream', () => {
  const label = fc.string({ unit: fc.constantFrom(...Array.from('abz019-_*.\0\u00ff')), minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.array(label, { maxLength: 6 }), (labels) => assert.ok(recognise(nameOf([...labels, 'fed'])))),
  )
})
