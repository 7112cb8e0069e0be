import { labelsOf, type Name, nameOf, parseName } from '../dns/name.ts'
import type { Address } from './address.ts'
import type { Config } from './config.ts'
import { normaliseDomain, readFederations } from './federations.ts'
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
  // Where both say something, the file has the last word.
  const entries = new Map<string, unknown>([...kubeDns.federations, ...Object.entries(file.federations)])
  const { federations, problems, warnings } = readFederations(entries, { clusterDomain, bareNames })
  const stubs = stubDomainsOf(file, kubeDns)
  const config: Config = {
    ...file,
    federations,
    upstreams: upstreamsOf(file, references),
    stubDomains: new Map([...clusterRoutes(file), ...stubs.domains]),
    cacheEntries: file.cache.entries,
    allow: file.acl.allow,
    http: file.http?.listen,
    lameDuckMs: file.lameDuck,
  }
  return { config, problems: [...problems, ...stubs.problems, ...contradictions(config)], warnings }
}

function upstreamsOf({ forward }: ConfigFile, { kubeDns, resolvConf }: References): Address[] {
  const given = forward.upstreams ?? (kubeDns.upstreamNameservers.length > 0 ? kubeDns.upstreamNameservers : undefined)
  const all = given ?? [{ resolvConf: DEFAULT_RESOLV_CONF }]
  return all.flatMap((upstream) =>
    'resolvConf' in upstream ? (resolvConf.get(upstream.resolvConf) ?? []) : [upstream],
  )
}

export const DEFAULT_RESOLV_CONF = '/etc/resolv.conf'

function stubDomainsOf(
  { forward }: ConfigFile,
  kubeDns: KubeDnsConfig,
): { domains: Map<Name, readonly Address[]>; problems: string[] } {
  const domains = new Map<Name, readonly Address[]>()
  const problems: string[] = []
  const given = new Set<Name>()
  for (const [text, servers] of [...Object.entries(kubeDns.stubDomains), ...Object.entries(forward.stubDomains)]) {
    const domain = normaliseDomain(text)
    if (domain === undefined || labelsOf(domain).length === 0) {
      problems.push(`forward.stubDomains: "${text}" is not a domain name, such as acme.local`)
      continue
    }
    if (given.has(domain) && text in forward.stubDomains && !(text in kubeDns.stubDomains)) {
      problems.push(`forward.stubDomains: "${text}" is given twice`)
    }
    given.add(domain)
    if (servers.length > 0) domains.set(domain, servers)
  }
  return { domains, problems }
}

// Names of the cluster and of its addresses belong to the cluster DNS.
function clusterRoutes({ clusterDNS, clusterDomain }: ConfigFile): [Name, readonly Address[]][] {
  return clusterDNS.length === 0 ? [] : [clusterDomain, ...REVERSE_ZONES].map((domain) => [domain, clusterDNS])
}

function contradictions({ listen, upstreams, stubDomains, federations }: Config): string[] {
  const problems: string[] = []
  const key = ({ host, port }: Address) => `${host} ${port}`
  const own = new Set<string>()
  for (const address of listen) {
    if (address.port !== 0 && own.has(key(address)))
      problems.push(`listen: ${address.host} port ${address.port} is given twice`)
    own.add(key(address))
  }
  for (const server of new Set([upstreams, ...stubDomains.values()].flat())) {
    if (own.has(key(server)))
      problems.push(`forward: ${server.host} port ${server.port} is an address that we listen on`)
  }
  for (const { name, bare } of federations.values()) {
    if (bare && stubDomains.has(nameOf([name]))) {
      problems.push(`forward.stubDomains: "${name}" is a federation, whose names are answered here`)
    }
  }
  return problems
}
