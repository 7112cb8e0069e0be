import { quote } from '../base/fields.ts'
import { formatName, isAtOrBelow, type Name, nameOf, parseName, ROOT } from '../dns/name.ts'
import type { Address } from './address.ts'
import type { ForwardConfig, RouteConfig } from './config.ts'
import { type FederationConfig, normaliseDomain } from './federations.ts'
import type { KubeDnsConfig } from './kube-dns.ts'
import type { ConfigFile } from './schema.ts'
import { plainServer, type Server } from './server.ts'

/** What the configuration file refers to. */
export interface References {
  readonly kubeDns: KubeDnsConfig
  /** The servers in resolv.conf files, by path. */
  readonly resolvConf: ReadonlyMap<string, readonly Address[]>
  /** What is in the file `forward.ca`. */
  readonly ca: string | undefined
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
  const { forward } = file
  const stubs = stubDomainsOf(file, references.kubeDns, ours)
  const { policy, failover, randomizeCase } = forward
  const config = {
    everything: { upstreams: upstreamsOf(file, references), policy },
    stubDomains: stubs.domains,
    clusterDns: clusterDnsOf(file, stubs.domains),
    failover,
    ca: references.ca,
    randomizeCase,
  }
  return { config, problems: stubs.problems, warnings: stubs.warnings }
}

function upstreamsOf({ forward }: ConfigFile, { kubeDns, resolvConf }: References): Server[] {
  const theirs = kubeDns.upstreamNameservers.map(plainServer)
  const given = forward.upstreams ?? (theirs.length > 0 ? theirs : undefined)
  const all = given ?? [{ resolvConf: DEFAULT_RESOLV_CONF }]
  return all.flatMap((upstream) =>
    'resolvConf' in upstream ? (resolvConf.get(upstream.resolvConf) ?? []).map(plainServer) : [upstream],
  )
}

interface StubDomains {
  readonly domains: ReadonlyMap<Name, RouteConfig>
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

function stubDomainsOf(
  { forward }: ConfigFile,
  kubeDns: KubeDnsConfig,
  ours: readonly FederationConfig[],
): StubDomains {
  const { policy } = forward
  const ofKubeDns = Object.entries(kubeDns.stubDomains).map(
    ([domain, servers]) => [domain, { upstreams: servers.map(plainServer), policy }] as const,
  )
  const ofFile = Object.entries(forward.stubDomains).map(([domain, stub]) => [domain, { policy, ...stub }] as const)
  const theirs = readStubDomains(ofKubeDns)
  const given = readStubDomains(ofFile)
  const federationOf = (domain: Name) => ours.find(({ name }) => isAtOrBelow(domain, nameOf([name])))
  const problems = [...theirs.problems, ...given.problems]
  const warnings: string[] = []
  for (const domain of given.domains.keys()) {
    const federation = federationOf(domain)
    if (federation !== undefined) problems.push(`forward.stubDomains: ${answeredHere(domain, federation)}`)
  }
  // That is how kube-dns itself is told of us.
  for (const domain of theirs.domains.keys()) {
    const federation = federationOf(domain)
    if (federation !== undefined)
      warnings.push(`kube-dns key stubDomains: ${answeredHere(domain, federation)}; not used`)
  }
  const used = [...theirs.domains].filter(([domain]) => federationOf(domain) === undefined)
  const domains = new Map([...used, ...given.domains])
  // Without servers of its own a domain goes where everything goes.
  for (const [domain, { upstreams }] of domains) if (upstreams.length === 0) domains.delete(domain)
  return { domains, problems, warnings }
}

const answeredHere = (domain: Name, { name }: FederationConfig): string =>
  domain === nameOf([name])
    ? `"${name}" is a federation, whose names are answered here`
    : `${quote(formatName(domain))} is below the federation "${name}", whose names are answered here`

function readStubDomains(entries: readonly (readonly [string, RouteConfig])[]): Omit<StubDomains, 'warnings'> {
  const domains = new Map<Name, RouteConfig>()
  const problems: string[] = []
  for (const [text, route] of entries) {
    const domain = normaliseDomain(text)
    if (domain === undefined || domain === ROOT) {
      problems.push(`forward.stubDomains: ${quote(text)} is not a domain name, such as acme.local`)
    } else {
      if (domains.has(domain)) problems.push(`forward.stubDomains: ${quote(text)} is given twice`)
      domains.set(domain, route)
    }
  }
  return { domains, problems }
}

// Names of the cluster and of its addresses belong to the cluster DNS. Manifests tell of no cluster that has one.
function clusterDnsOf(
  { clusterDNS, clusterDomain, source }: ConfigFile,
  stubs: ReadonlyMap<Name, unknown>,
): ForwardConfig['clusterDns'] {
  const isLive = clusterDNS === 'auto' && source.kubernetes !== undefined
  if (!isLive && (clusterDNS === 'auto' || clusterDNS.length === 0)) return undefined
  const domains = [clusterDomain, ...REVERSE_ZONES].filter((domain) => !stubs.has(domain))
  return { domains, servers: clusterDNS === 'auto' ? undefined : clusterDNS }
}
