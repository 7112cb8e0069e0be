import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import type { Address } from '../../lib/config/address.ts'
import type { Config } from '../../lib/config/config.ts'
import type { Server } from '../../lib/config/server.ts'
import { isRfc1123Label, labelsOf } from '../../lib/dns/name.ts'

const assertNumbers = ({ source, health, answers, cache, lameDuckMs }: Config): void => {
  const bounds: readonly (readonly [number, number, number])[] = [
    [source.grace, 0, 86_400_000],
    [health.minReady, 1, 100_000],
    [health.leaveAfter, 0, 86_400_000],
    [health.returnAfter, 0, 86_400_000],
    [answers.ttl, 1, 3600],
    [answers.redirectTtl, 1, 3600],
    [cache.entries, 0, 10_000_000],
    [cache.memory ?? 2 ** 20, 2 ** 20, 2 ** 36],
    [cache.minTtl, 0, 3_600_000],
    [cache.maxTtl, 0, 604_800_000],
    [cache.maxNegativeTtl, 0, 86_400_000],
    [cache.maxStale, 0, 604_800_000],
    [cache.minTtl, 0, Math.min(cache.maxTtl, cache.maxNegativeTtl)],
    [lameDuckMs, 0, 300_000],
  ]
  for (const [value, least, most] of bounds) assert.ok(Number.isInteger(value) && value >= least && value <= most)
  assert.ok(['cname', 'flat'].includes(answers.style))
}

const POLICIES = new Set(['fastest', 'sequential', 'roundRobin', 'random'])

const isPort = ({ port }: Address, least: number) => Number.isInteger(port) && port >= least && port <= 65_535

function assertServer(server: Server): void {
  const { protocol, host, serverName, path } = server
  assert.ok(
    host !== '' && isPort(server, 1) && host.split('.').every((label) => label.length <= 63 || isIP(host) !== 0),
  )
  assert.ok(isIP(host) !== 0 || protocol === 'dns')
  assert.ok(serverName === undefined || (serverName !== '' && (protocol === 'tls' || protocol === 'https')))
  assert.equal(path?.startsWith('/'), protocol === 'https' ? true : undefined)
}

function assertForward({ everything, stubDomains, clusterDns, failover, ca, randomizeCase }: Config['forward']): void {
  for (const { policy, upstreams } of [everything, ...stubDomains.values()]) {
    assert.ok(POLICIES.has(policy))
    for (const server of upstreams) assertServer(server)
  }
  for (const { host } of everything.upstreams) assert.ok(isIP(host) !== 0)
  for (const domain of stubDomains.keys()) assert.ok(labelsOf(domain).length > 0)
  for (const server of clusterDns?.servers ?? []) assertServer(server)
  for (const rcode of failover) assert.ok(rcode >= 1 && rcode <= 5)
  assert.ok(ca === undefined || ca.includes('BEGIN CERTIFICATE'))
  assert.equal(typeof randomizeCase, 'boolean')
}

const assertTls = ({ tls }: Config): void => {
  if (tls === undefined) return
  assert.ok(tls.certificate.includes('BEGIN CERTIFICATE') && tls.key.includes('PRIVATE KEY') && tls.expiresAtMs > 0)
}

function assertPolicy({ cache, policy, metrics, control }: Config): void {
  for (const [domain, kind] of policy.block)
    assert.ok(labelsOf(domain).length > 0 && ['nxdomain', 'nodata', 'refuse'].includes(kind))
  for (const domain of [...policy.noAAAA, ...cache.keepPositive]) assert.ok(labelsOf(domain).every(isRfc1123Label))
  for (const flag of [cache.prefetch, metrics.corednsNames]) assert.equal(typeof flag, 'boolean')
  assert.ok(control === undefined || (control.startsWith('/') && Buffer.byteLength(control) <= 107))
}

const assertAddresses = ({ listen, allow, http }: Config): void => {
  for (const address of [...listen, ...(http === undefined ? [] : [http])])
    assert.ok(isIP(address.host) !== 0 && isPort(address, 0))
  for (const { host, bits } of allow) assert.ok(isIP(host) !== 0 && bits >= 0 && bits <= 128)
}

/** Nothing is missing and nothing is out of its bounds: nobody looks again. */
export function assertWhole(config: Config): void {
  for (const label of labelsOf(config.clusterDomain)) assert.ok(isRfc1123Label(label))
  assert.ok(labelsOf(config.clusterDomain).length > 0)
  for (const [key, { name, domain, bare }] of config.federations) {
    assert.ok(key === name && isRfc1123Label(name) && typeof bare === 'boolean')
    assert.ok(labelsOf(domain).length > 0 && labelsOf(domain).every(isRfc1123Label))
  }
  assert.ok(['zone', 'zone.region'].includes(config.publicNames))
  assert.ok(['zone', 'region', 'global'].includes(config.location.scope))
  for (const label of [config.location.zone, config.location.region])
    assert.ok(label === undefined || isRfc1123Label(label))
  assert.ok(config.listen.length > 0)
  const { manifests = [], kubernetes } = config.source
  assert.ok(manifests.length > 0 !== (kubernetes !== undefined) && manifests.every((path) => path.length > 0))
  assertNumbers(config)
  assertAddresses(config)
  assertForward(config.forward)
  assertTls(config)
  assertPolicy(config)
  const { cookies, cookieSecrets } = config.edns
  assert.ok(cookies === 'off' || cookieSecrets.length > 0)
}
