import { quote } from '../base/fields.ts'
import { formatName, isAtOrBelow, type Name, nameOf, parseName, ROOT } from '../dns/name.ts'
import type { Address } from './address.ts'
import type { Config } from './config.ts'
import { type FederationConfig, normaliseDomain, normaliseLabel, readFederations } from './federations.ts'
import type { KubeDnsConfig } from './kube-dns.ts'
import type { ConfigFile } from './schema.ts'

/** What the configuration file refers to. */
export interface References {
  readonly kubeDns: KubeDnsConfig
  /** The servers in resolv.conf files, by path. */
  readonly resolvConf: ReadonlyMap<string, readonly Address[]>
}

interface Outcome {
  readonly config: Config
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

const REVERSE_ZONES = ['in-addr.arpa', 'ip6.arpa'].map(parseName)

/** Puts the file and what it refers to together, and finds what contradicts itself. Pure. */
export function assemble(file: ConfigFile, references: References): Outcome {
  const { clusterDomain, bareNames } = file
  const kubeDns = references.kubeDns
  const { federations, problems, warnings } = readFederations(federationsOf(file, kubeDns), {
    clusterDomain,
    bareNames,
  })
  const stubs = stubDomainsOf(
    file,
    kubeDns,
    [...federations.values()].filter(({ bare }) => bare),
  )
  const config: Config = {
    ...file,
    location: withoutEmpty(file.location),
    federations,
    upstreams: upstreamsOf(file, references),
    stubDomains: new Map([...clusterRoutes(file), ...stubs.domains]),
    cacheEntries: file.cache.entries,
    allow: file.acl.allow,
    http: file.http?.listen,
    lameDuckMs: file.lameDuck,
  }
  return {
    config,
    problems: [...sourceProblems(file), ...problems, ...stubs.problems, ...contradictions(config)],
    warnings: [...warnings, ...stubs.warnings],
  }
}

// Of the labels that a node may lack: what is empty is not given.
function withoutEmpty({ zone, region, ...location }: ConfigFile['location']): ConfigFile['location'] {
  return { ...location, ...(zone && { zone }), ...(region && { region }) }
}

function sourceProblems({ source: { manifests, kubernetes } }: ConfigFile): string[] {
  if (manifests !== undefined && kubernetes !== undefined) return ['source: manifests and kubernetes are both given']
  if (manifests === undefined && kubernetes === undefined)
    return ['source: missing; expected manifests, or kubernetes ({} in a pod)']
  if (kubernetes?.context !== undefined && kubernetes.kubeconfig === undefined)
    return ['source.kubernetes.context: a context is one of a kubeconfig; expected source.kubernetes.kubeconfig too']
  return []
}

// Where both name a federation, in whatever letters, the file has the last word.
function federationsOf(file: ConfigFile, kubeDns: KubeDnsConfig): (readonly [string, unknown])[] {
  const given = Object.entries(file.federations)
  const named = new Set(given.map(([name]) => normaliseLabel(name)))
  return [...kubeDns.federations.filter(([name]) => !named.has(normaliseLabel(name))), ...given]
}

function upstreamsOf({ forward }: ConfigFile, { kubeDns, resolvConf }: References): Address[] {
  const given = forward.upstreams ?? (kubeDns.upstreamNameservers.length > 0 ? kubeDns.upstreamNameservers : undefined)
  const all = given ?? [{ resolvConf: DEFAULT_RESOLV_CONF }]
  return all.flatMap((upstream) =>
    'resolvConf' in upstream ? (resolvConf.get(upstream.resolvConf) ?? []) : [upstream],
  )
}

export const DEFAULT_RESOLV_CONF = '/etc/resolv.conf'

interface StubDomains {
  readonly domains: ReadonlyMap<Name, readonly Address[]>
  readonly problems: readonly string[]
}

function stubDomainsOf(
  { forward }: ConfigFile,
  kubeDns: KubeDnsConfig,
  ours: readonly FederationConfig[],
): StubDomains & { readonly warnings: readonly string[] } {
  const theirs = readStubDomains(Object.entries(kubeDns.stubDomains))
  const given = readStubDomains(Object.entries(forward.stubDomains))
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
  for (const [domain, servers] of domains) if (servers.length === 0) domains.delete(domain)
  return { domains, problems, warnings }
}

const answeredHere = (domain: Name, { name }: FederationConfig): string =>
  domain === nameOf([name])
    ? `"${name}" is a federation, whose names are answered here`
    : `${quote(formatName(domain))} is below the federation "${name}", whose names are answered here`

function readStubDomains(entries: readonly (readonly [string, readonly Address[]])[]): StubDomains {
  const domains = new Map<Name, readonly Address[]>()
  const problems: string[] = []
  for (const [text, servers] of entries) {
    const domain = normaliseDomain(text)
    if (domain === undefined || domain === ROOT) {
      problems.push(`forward.stubDomains: ${quote(text)} is not a domain name, such as acme.local`)
    } else {
      if (domains.has(domain)) problems.push(`forward.stubDomains: ${quote(text)} is given twice`)
      domains.set(domain, servers)
    }
  }
  return { domains, problems }
}

// Names of the cluster and of its addresses belong to the cluster DNS.
function clusterRoutes({ clusterDNS, clusterDomain }: ConfigFile): [Name, readonly Address[]][] {
  return clusterDNS.length === 0 ? [] : [clusterDomain, ...REVERSE_ZONES].map((domain) => [domain, clusterDNS])
}

function contradictions({ listen, upstreams, stubDomains, http }: Config): string[] {
  const problems: string[] = []
  const key = ({ host, port }: Address) => `${host} ${port}`
  const own = new Set<string>()
  for (const address of listen) {
    if (address.port !== 0 && own.has(key(address)))
      problems.push(`listen: ${address.host} port ${address.port} is given twice`)
    own.add(key(address))
  }
  if (http !== undefined && http.port !== 0 && own.has(key(http))) {
    problems.push(`http.listen: ${http.host} port ${http.port} is also in listen`)
  }
  for (const server of new Set([upstreams, ...stubDomains.values()].flat())) {
    if (own.has(key(server)))
      problems.push(`forward: ${server.host} port ${server.port} is an address that we listen on`)
  }
  return problems
}
