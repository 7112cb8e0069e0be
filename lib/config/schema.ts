import * as v from 'valibot'
import { parseDurationMs } from '../base/duration.ts'
import { type Address, isWildcard, parseIpAddress, parseServerAddress } from './address.ts'
import { isRfc1123Label } from '../dns/name.ts'
import { normaliseDomain } from './federations.ts'

// The shape of the configuration file, its defaults, and what each value may be. What depends on more than one value is
// in `contradictions.ts`.

const DNS_PORT = 53
const MAX_DURATION_MS = 86_400_000

/** A value that `read` understands; `wish` says what is allowed. */
const readBy = <T>(wish: string, read: (value: unknown) => T | undefined) =>
  v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value)
      if (value !== undefined) return value
      addIssue({ message: wish })
      return NEVER
    }),
  )

const text =
  <T>(read: (text: string) => T | undefined) =>
  (value: unknown) =>
    typeof value === 'string' ? read(value) : undefined

const durationMs = (least: string, leastMs: number, most = '24h', mostMs = MAX_DURATION_MS) =>
  readBy(
    `a duration from ${least} to ${most}, such as 500ms, 10s or 2m`,
    text((given) => {
      const ms = parseDurationMs(given)
      return ms !== undefined && ms >= leastMs && ms <= mostMs ? ms : undefined
    }),
  )

const seconds = (most: string, mostMs: number) =>
  readBy(
    `a duration of whole seconds from 1s to ${most}`,
    text((given) => {
      const ms = parseDurationMs(given)
      return ms !== undefined && ms >= 1000 && ms <= mostMs && ms % 1000 === 0 ? ms / 1000 : undefined
    }),
  )

const wholeNumber = (least: number, most: number) =>
  readBy(`a whole number from ${least} to ${most}`, (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined,
  )

const oneOf = <const T extends string>(...words: readonly T[]) =>
  readBy(`one of ${words.join(', ')}`, (value) => words.find((word) => word === value))

const label = readBy(
  'one RFC 1123 label',
  text((given) => (isRfc1123Label(given.toLowerCase()) ? given.toLowerCase() : undefined)),
)

const path = readBy(
  'a path',
  text((given) => (given === '' ? undefined : given)),
)

const domain = readBy(
  'a domain name, such as cluster.local',
  text((given) => normaliseDomain(given)),
)

const listenAddress = readBy(
  'an IP address and a port, such as 10.0.0.10:53 or [fd00::10]:53 (no wildcard: a reply must leave from the address that was asked)',
  text((given) => {
    const address = parseIpAddress(given, undefined, true)
    return address === undefined || isWildcard(address.host) ? undefined : address
  }),
)

const httpAddress = readBy(
  'an IP address and a port, such as 127.0.0.1:9253',
  text((given) => parseIpAddress(given, undefined, true)),
)

const upstream = readBy(
  'an IP address, IP:port, [IPv6]:port, or the path of a resolv.conf file',
  text((given): Address | { readonly resolvConf: string } | undefined =>
    given.includes('/') ? { resolvConf: given } : parseIpAddress(given, DNS_PORT),
  ),
)

const server = readBy(
  'an IP address, IP:port, [IPv6]:port, or a host name',
  text((given) => parseServerAddress(given, DNS_PORT)),
)

const network = readBy(
  'a network, such as 10.0.0.0/8 or fd00::/8',
  text((given) => {
    const [, host = '', bits] = /^(.+)\/(\d{1,3})$/.exec(given) ?? []
    const address = parseIpAddress(host, 0)
    const widest = host.includes(':') ? 128 : 32
    return address && Number(bits) <= widest ? { host: address.host, bits: Number(bits) } : undefined
  }),
)

const listOf = <T extends v.GenericSchema>(item: T, wish: string) => v.array(item, `a list of ${wish}`)
const mapOf = <T extends v.GenericSchema>(item: T, wish: string) => v.record(v.string(), item, `a mapping of ${wish}`)

/** A mapping with these keys and no others. */
const section = <T extends v.ObjectEntries>(entries: T) => {
  const keys = Object.keys(entries).join(', ')
  return v.strictObject(entries, ({ expected }) =>
    expected === 'never' ? `no such key; allowed here: ${keys}` : `a mapping of the keys ${keys}`,
  )
}

const DEFAULT_NETWORKS = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10', // RFC 6598, which some clouds give to pods
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
]

export const configSchema = section({
  clusterDomain: v.optional(domain, 'cluster.local'),
  federations: v.optional(mapOf(v.unknown(), 'federation to domain'), {}),
  publicNames: v.optional(oneOf('zone', 'zone.region'), 'zone'),
  bareNames: v.optional(oneOf('auto', 'always', 'never'), 'auto'),
  location: v.optional(
    section({
      node: v.optional(
        readBy(
          'the name of a node',
          text((given) => given || undefined),
        ),
      ),
      zone: v.optional(label),
      region: v.optional(label),
      scope: v.optional(oneOf('zone', 'region', 'global'), 'zone'),
    }),
    {},
  ),
  listen: v.pipe(listOf(listenAddress, 'addresses'), v.minLength(1, 'at least one address')),
  source: section({
    manifests: v.pipe(listOf(path, 'paths'), v.minLength(1, 'at least one path')),
    grace: v.optional(durationMs('0s', 0), '10s'),
  }),
  health: v.optional(
    section({
      minReady: v.optional(wholeNumber(1, 100_000), 1),
      leaveAfter: v.optional(durationMs('0s', 0), '0s'),
      returnAfter: v.optional(durationMs('0s', 0), '0s'),
    }),
    {},
  ),
  answers: v.optional(
    section({
      ttl: v.optional(seconds('1h', 3_600_000), '5s'),
      redirectTtl: v.optional(seconds('1h', 3_600_000), '30s'),
      style: v.optional(oneOf('cname', 'flat'), 'cname'),
    }),
    {},
  ),
  clusterDNS: v.optional(
    readBy('auto, off, or a list of IP addresses', (value) => {
      if (value === 'auto' || value === 'off') return []
      const servers = Array.isArray(value) ? value.map(text((given) => parseIpAddress(given, DNS_PORT))) : [undefined]
      return servers.every((address) => address !== undefined) ? servers : undefined
    }),
    'auto',
  ),
  forward: v.optional(
    section({
      upstreams: v.optional(listOf(upstream, 'upstreams')),
      stubDomains: v.optional(mapOf(listOf(server, 'servers'), 'domain to list of servers'), {}),
    }),
    {},
  ),
  cache: v.optional(section({ entries: v.optional(wholeNumber(0, 10_000_000), 10_000) }), {}),
  acl: v.optional(section({ allow: v.optional(listOf(network, 'networks'), DEFAULT_NETWORKS) }), {}),
  http: v.optional(section({ listen: httpAddress })),
  kubeDns: v.optional(path),
  lameDuck: v.optional(durationMs('0s', 0, '5m', 300_000), '5s'),
})

export type ConfigFile = v.InferOutput<typeof configSchema>
