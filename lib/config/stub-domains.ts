import { quote } from '../base/fields.ts'
import { formatName, isAtOrBelow, type Name, nameOf, parentOf, parseName, ROOT } from '../dns/name.ts'
import type { RouteConfig } from './config.ts'
import { distinctServers } from './distinct-servers.ts'
import { type FederationConfig, normaliseDomain } from './federations.ts'
import type { KubeDnsConfig } from './kube-dns.ts'
import type { NamedServers } from './own-addresses.ts'
import type { ConfigFile } from './schema.ts'
import { plainServer } from './server.ts'

interface StubDomains {
  /** Those without servers too. */
  readonly domains: ReadonlyMap<Name, RouteConfig>
  readonly named: readonly NamedServers[]
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

const KEY = 'forward.stubDomains'
const KUBE_DNS_KEY = 'kube-dns key stubDomains'

// Of lib/policy/: what is answered whoever is configured.
const NEVER_ASKED = ['localhost', 'invalid', 'onion', 'resolver.arpa'].map(parseName)

/** The stub domains of the file and of kube-dns. `ours` are the federations with short names. */
export function stubDomainsOf(
  { forward }: ConfigFile,
  kubeDns: KubeDnsConfig,
  ours: readonly FederationConfig[],
): StubDomains {
  const { policy } = forward
  const ofKubeDns = Object.entries(kubeDns.stubDomains).map(
    ([domain, servers]) => [domain, { upstreams: distinctServers(servers.map(plainServer)), policy }] as const,
  )
  const ofFile = Object.entries(forward.stubDomains).map(([domain, stub]) => [domain, { policy, ...stub }] as const)
  const theirs = readStubDomains(ofKubeDns, KUBE_DNS_KEY)
  const given = readStubDomains(ofFile, KEY)
  const hidden = (domain: Name) => hiddenBy(domain, ours)
  // That is how kube-dns itself is told of us.
  const notUsed = tell(KUBE_DNS_KEY, theirs.domains, hidden).map((problem) => `${problem}; not used`)
  const used = new Map([...theirs.domains].filter(([domain]) => !given.domains.has(domain) && !hidden(domain)))
  return {
    domains: new Map([...used, ...given.domains]),
    named: [serversOf(KUBE_DNS_KEY, used), serversOf(KEY, given.domains)],
    problems: [...theirs.problems, ...given.problems, ...tell(KEY, given.domains, hidden)],
    warnings: [...notUsed, ...tell(KUBE_DNS_KEY, used, neverAsked), ...tell(KEY, given.domains, neverAsked)],
  }
}

type Domains = ReadonlyMap<Name, RouteConfig>

const serversOf = (key: string, domains: Domains): NamedServers => ({
  key,
  servers: [...domains.values()].flatMap(({ upstreams }) => upstreams),
})

const tell = (key: string, domains: Domains, say: (domain: Name, route: RouteConfig) => string | undefined): string[] =>
  [...domains].flatMap(([domain, route]) => say(domain, route) ?? []).map((said) => `${key}: ${said}`)

function hiddenBy(domain: Name, ours: readonly FederationConfig[]): string | undefined {
  const federation = ours.find(({ name }) => isAtOrBelow(domain, nameOf([name])))
  if (federation === undefined) return undefined
  const { name } = federation
  return domain === nameOf([name])
    ? `"${name}" is a federation, whose names are answered here`
    : `${quote(formatName(domain))} is below the federation "${name}", whose names are answered here`
}

function neverAsked(domain: Name, { upstreams }: RouteConfig): string | undefined {
  const above = NEVER_ASKED.find((special) => isAtOrBelow(domain, special))
  if (above === undefined || upstreams.length === 0) return undefined
  const where = domain === above ? '' : `is below ${quote(formatName(above))}, which `
  return `${quote(formatName(domain))} ${where}is answered here, so its servers are never asked`
}

function readStubDomains(
  entries: readonly (readonly [string, RouteConfig])[],
  key: string,
): { readonly domains: Domains; readonly problems: readonly string[] } {
  const domains = new Map<Name, RouteConfig>()
  const problems: string[] = []
  for (const [text, route] of entries) {
    const domain = normaliseDomain(text)
    if (domain === undefined || domain === ROOT) {
      problems.push(`${key}: ${quote(text)} is not a domain name, such as acme.local`)
    } else {
      if (domains.has(domain)) problems.push(`${key}: ${quote(text)} is given twice`)
      domains.set(domain, route)
    }
  }
  return { domains, problems }
}

/**
 * The routes of stub domains. Without servers of its own a domain goes where everything goes, for which it needs a route
 * only below one that goes elsewhere: a stub domain, or one of `others`.
 */
export function stubRoutes(domains: Domains, others: readonly Name[], everything: RouteConfig): Domains {
  const elsewhere = new Set([...domains.keys(), ...others])
  const isBelowOne = (domain: Name): boolean => {
    for (let above = parentOf(domain); above !== ROOT; above = parentOf(above)) if (elsewhere.has(above)) return true
    return false
  }
  return new Map(
    [...domains].flatMap(([domain, route]): [Name, RouteConfig][] => {
      if (route.upstreams.length > 0) return [[domain, route]]
      return isBelowOne(domain) ? [[domain, { ...route, upstreams: everything.upstreams }]] : []
    }),
  )
}
