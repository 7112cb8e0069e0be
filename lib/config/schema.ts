import { isIPv4, isIPv6 } from 'node:net'
import { parseDurationMs } from '../base/duration.ts'
import { isRfc1123Label } from '../dns/name.ts'
import { parseIpAddress } from './address.ts'
import { cacheSection, clusterDns, forwardSection, policySection } from './forward-schema.ts'
import { parseLabelSelector } from './label-selector.ts'
import { parseListenAddress } from './listen-address.ts'
import { domain, duration, path, wholeNumber, yesOrNo } from './readers.ts'
import { list, map, oneOf, optional, orNothing, type Reader, section, text, UNRESOLVED, withDefault } from './reader.ts'
import { socketPath } from './socket-path.ts'

// The shape of the configuration file, its defaults, and what each value may be. What depends on more than one value is
// in `assemble.ts`.

const seconds: Reader<number> = text('a duration of whole seconds from 1s to 1h', (given) => {
  const ms = parseDurationMs(given)
  return ms !== undefined && ms >= 1000 && ms <= 3_600_000 && ms % 1000 === 0 ? ms / 1000 : undefined
})

// Of a label that its node does not have the downward API makes an empty variable.
const labelOrNone = text('one RFC 1123 label', (given) =>
  given === '' || isRfc1123Label(given.toLowerCase()) ? given.toLowerCase() : undefined,
)

const namespace = text('the name of a namespace', (given) => (isRfc1123Label(given) ? given : undefined))

const listenAddress = text(
  'an IP address and a port, such as 10.0.0.10:53 or [fd00::10]:53, or tls:// and an IP address (no wildcard: a reply must leave from the address that was asked)',
  parseListenAddress,
)

const httpAddress = text('an IP address and a port, such as 127.0.0.1:9253', (given) =>
  parseIpAddress(given, undefined, true),
)

const network = text('a network, such as 10.0.0.0/8 or fd00::/8', (given) => {
  const [, host = '', bits] = /^(.+)\/(\d{1,3})$/.exec(given) ?? []
  const address = parseIpAddress(host, 0)
  if (address === undefined) return undefined
  const isMapped = isIPv6(host) && isIPv4(address.host)
  const network = { host: address.host, bits: Number(bits) - (isMapped ? 96 : 0) }
  return network.bits >= 0 && network.bits <= (isIPv4(network.host) ? 32 : 128) ? network : undefined
})

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

// A character-string (RFC 1035 §3.3), which is what one option holds as well by our own choice.
const identity = text('a text of 1 to 255 octets', (given) => {
  const octets = Buffer.byteLength(given)
  return octets > 0 && octets <= 255 ? given : undefined
})

// Checked together with those of kube-dns, in `federations.ts`.
const anything: Reader<unknown> = { wish: 'a value', read: (given) => (given === UNRESOLVED ? undefined : given) }

export const configSchema = {
  clusterDomain: withDefault(domain, 'cluster.local'),
  federations: withDefault(map(anything, 'federation to domain'), {}),
  publicNames: withDefault(oneOf('zone', 'zone.region'), 'zone'),
  bareNames: withDefault(oneOf('auto', 'always', 'never'), 'auto'),
  location: withDefault(
    section({
      node: optional(text('the name of a node', (given) => given || undefined)),
      zone: optional(labelOrNone),
      region: optional(labelOrNone),
      scope: withDefault(oneOf('zone', 'region', 'global'), 'zone'),
    }),
    {},
  ),
  listen: list(listenAddress, 'addresses', 'at least one address'),
  tls: optional(section({ certificate: path, key: path })),
  source: section({
    manifests: optional(list(path, 'paths', 'at least one path')),
    kubernetes: optional(
      orNothing(
        section({
          kubeconfig: optional(path),
          context: optional(text('the name of a context', (given) => given || undefined)),
          namespaces: optional(list(namespace, 'namespaces', 'at least one namespace')),
          labelSelector: optional(text('a label selector, such as feddns.io/federated=true', parseLabelSelector)),
          snapshot: optional(
            section({
              path,
              maxAge: withDefault(duration('720h'), '24h'),
            }),
          ),
        }),
      ),
    ),
    grace: withDefault(duration('24h'), '10s'),
  }),
  health: withDefault(
    section({
      minReady: withDefault(wholeNumber(1, 100_000), 1),
      leaveAfter: withDefault(duration('24h'), '0s'),
      returnAfter: withDefault(duration('24h'), '0s'),
    }),
    {},
  ),
  answers: withDefault(
    section({
      ttl: withDefault(seconds, '5s'),
      redirectTtl: withDefault(seconds, '30s'),
      style: withDefault(oneOf('cname', 'flat'), 'cname'),
    }),
    {},
  ),
  clusterDNS: withDefault(clusterDns, 'auto'),
  forward: withDefault(forwardSection, {}),
  cache: withDefault(cacheSection, {}),
  policy: withDefault(policySection, {}),
  acl: withDefault(section({ allow: withDefault(list(network, 'networks'), DEFAULT_NETWORKS) }), {}),
  edns: withDefault(
    section({
      nsid: optional(identity),
      cookies: withDefault(oneOf('off', 'on', 'required'), 'off'),
      secretFile: optional(path),
    }),
    {},
  ),
  chaos: withDefault(section({ version: optional(identity), id: optional(identity) }), {}),
  rateLimit: withDefault(
    section({
      responsesPerSecond: withDefault(wholeNumber(0, 1_000_000), 100),
      slip: withDefault(wholeNumber(0, 100), 2),
      exempt: withDefault(list(network, 'networks'), DEFAULT_NETWORKS),
      prefixes: withDefault(
        section({ ipv4: withDefault(wholeNumber(8, 32), 24), ipv6: withDefault(wholeNumber(16, 128), 56) }),
        {},
      ),
    }),
    {},
  ),
  http: optional(section({ listen: httpAddress })),
  metrics: withDefault(section({ corednsNames: withDefault(yesOrNo, false) }), {}),
  control: optional(socketPath),
  kubeDns: optional(path),
  lameDuck: withDefault(duration('5m'), '5s'),
}

export const configReader = section(configSchema)

export type ConfigFile = NonNullable<ReturnType<typeof configReader.read>>
