import { parseName } from '../dns/name.ts'
import type { Address } from './address.ts'
import type { ForwardConfig } from './config.ts'
import { distinctServers } from './distinct-servers.ts'
import type { FederationConfig } from './federations.ts'
import type { KubeDnsConfig } from './kube-dns.ts'
import { type NamedServers, ownAddressProblems } from './own-addresses.ts'
import type { ConfigFile } from './schema.ts'
import { formatServer, isEncrypted, plainServer, type Server } from './server.ts'
import type { TlsConfig } from './server-certificate.ts'
import { stubDomainsOf, stubRoutes } from './stub-domains.ts'

/** What the configuration file refers to. */
export interface References {
  readonly kubeDns: KubeDnsConfig
  /** The servers in resolv.conf files, by path. */
  readonly resolvConf: ReadonlyMap<string, readonly Address[]>
  /** What is in the file `forward.ca`. */
  readonly ca: string | undefined
  /** What is in the file `edns.secretFile`. */
  readonly cookieSecrets: readonly string[]
  /** What is in the files of `tls`. */
  readonly tls: TlsConfig | undefined
}

export const DEFAULT_RESOLV_CONF = '/etc/resolv.conf'

const REVERSE_ZONES = ['in-addr.arpa', 'ip6.arpa'].map(parseName)

interface Outcome {
  readonly config: ForwardConfig
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Puts together who is asked about names that are not ours. `ours` are the federations with short names. */
export function assembleForward(file: ConfigFile, references: References, ours: readonly FederationConfig[]): Outcome {
  const { policy, failover, randomizeCase, trustAD } = file.forward
  const upstreams = upstreamsOf(file, references)
  const everything = { upstreams: upstreams.servers, policy }
  const stubs = stubDomainsOf(file, references.kubeDns, ours)
  const clusterDns = clusterDnsOf(file, stubs.domains)
  const named = [upstreams, ...stubs.named, { key: 'clusterDNS', servers: clusterDns?.servers ?? [] }]
  const config = {
    everything,
    stubDomains: stubRoutes(stubs.domains, clusterDns?.domains ?? [], everything),
    clusterDns,
    failover,
    ca: references.ca,
    randomizeCase,
    trustAd: trustAD.map(formatServer),
  }
  return {
    config,
    problems: [...stubs.problems, ...ownAddressProblems(file.listen, named), ...strangers(config)],
    warnings: [...stubs.warnings, ...uselessAuthorities(config)],
  }
}

function upstreamsOf(
  { forward }: ConfigFile,
  { kubeDns, resolvConf }: References,
): NamedServers & { readonly servers: readonly Server[] } {
  const theirs = kubeDns.upstreamNameservers.map(plainServer)
  if (forward.upstreams === undefined && theirs.length > 0)
    return { key: 'kube-dns key upstreamNameservers', servers: distinctServers(theirs) }
  const given = forward.upstreams ?? [{ resolvConf: DEFAULT_RESOLV_CONF }]
  const servers = given.flatMap((upstream) =>
    'resolvConf' in upstream ? (resolvConf.get(upstream.resolvConf) ?? []).map(plainServer) : [upstream],
  )
  return { key: 'forward.upstreams', servers: distinctServers(servers) }
}

// Names of the cluster and of its addresses belong to the cluster DNS. Manifests tell of no cluster that has one.
function clusterDnsOf(
  { clusterDNS, clusterDomain, source }: ConfigFile,
  stubs: ReadonlyMap<unknown, unknown>,
): ForwardConfig['clusterDns'] {
  const isLive = clusterDNS === 'auto' && source.kubernetes !== undefined
  if (!isLive && (clusterDNS === 'auto' || clusterDNS.length === 0)) return undefined
  const domains = [clusterDomain, ...REVERSE_ZONES].filter((domain) => !stubs.has(domain))
  return { domains, servers: clusterDNS === 'auto' ? undefined : clusterDNS }
}

const allServers = ({ everything, stubDomains, clusterDns }: ForwardConfig): Server[] => [
  ...[everything, ...stubDomains.values()].flatMap(({ upstreams }) => upstreams),
  ...(clusterDns?.servers ?? []),
]

function strangers(config: ForwardConfig): string[] {
  const known = new Set(allServers(config).map(formatServer))
  return config.trustAd
    .filter((one) => !known.has(one))
    .map((one) => `forward.trustAD: ${one} is none of the upstreams`)
}

function uselessAuthorities(config: ForwardConfig): string[] {
  const { ca } = config
  const isUsed = allServers(config).some(({ protocol }) => isEncrypted(protocol))
  return ca === undefined || isUsed ? [] : ['forward.ca: not used, as no upstream is tls:// or https://']
}
