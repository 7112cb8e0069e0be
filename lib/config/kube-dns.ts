import { isObject, quote } from '../base/fields.ts'
import { type Address, isWildcard, parseIpAddress, parseServerAddress } from './address.ts'
import { normaliseDomain, normaliseLabel } from './federations.ts'

const DNS_PORT = 53
const MAX_UPSTREAM_NAMESERVERS = 3

/** The keys of the ConfigMap that we use. */
export const KUBE_DNS_KEYS = ['federations', 'stubDomains', 'upstreamNameservers'] as const

/** What the ConfigMap of kube-dns can say, as far as it goes; `federations` are checked where they are used. */
export interface KubeDnsConfig {
  readonly federations: readonly (readonly [string, string])[]
  readonly stubDomains: Readonly<Record<string, readonly Address[]>>
  readonly upstreamNameservers: readonly Address[]
}

interface Outcome {
  readonly config: KubeDnsConfig
  readonly problems: readonly string[]
}

/**
 * Reads the keys `federations` (`name=domain,name=domain`), `stubDomains` and `upstreamNameservers` (JSON) of a kube-dns
 * ConfigMap. Anything wrong in any key makes the whole of it wrong; other keys are none of our business.
 */
export function parseKubeDns(data: ReadonlyMap<string, string>): Outcome {
  const problems: string[] = []
  const json = (key: string, empty: unknown): unknown => {
    const text = data.get(key)?.trim()
    if (text === undefined || text === '') return empty
    try {
      return JSON.parse(text)
    } catch {
      problems.push(`kube-dns key ${key}: ${quote(text)} is not JSON`)
      return empty
    }
  }
  const config = {
    // Of a name that is given twice the last one counts, as it did there.
    federations: lastOfEach(parseFederations(data.get('federations') ?? '', problems)),
    stubDomains: readStubDomains(json('stubDomains', {}), problems),
    upstreamNameservers: readUpstreams(json('upstreamNameservers', []), problems),
  }
  return { config, problems }
}

const lastOfEach = (entries: readonly [string, string][]): KubeDnsConfig['federations'] => [
  ...new Map(entries.map((entry) => [normaliseLabel(entry[0]), entry])).values(),
]

function parseFederations(text: string, problems: string[]): [string, string][] {
  if (text.trim() === '') return []
  return text.split(',').flatMap((item) => {
    const [name = '', domain = '', ...more] = item.split('=').map((part) => part.trim())
    if (name !== '' && domain !== '' && more.length === 0) return [[name, domain]]
    problems.push(`kube-dns key federations: ${quote(item)} is not of the form name=domain`)
    return []
  })
}

function readStubDomains(value: unknown, problems: string[]): KubeDnsConfig['stubDomains'] {
  if (!isObject(value)) {
    problems.push(`kube-dns key stubDomains: ${quote(value)} is not an object of domain to list of servers`)
    return {}
  }
  return Object.fromEntries(
    Object.entries(value).map(([domain, servers]) => {
      const isDomain = normaliseDomain(domain) !== undefined
      if (!isDomain) problems.push(`kube-dns key stubDomains: ${quote(domain)} is not a domain name`)
      return [domain, readServers(servers, `stubDomains ${quote(domain)}`, parseServerAddress, problems)]
    }),
  )
}

function readUpstreams(value: unknown, problems: string[]): Address[] {
  if (Array.isArray(value) && value.length > MAX_UPSTREAM_NAMESERVERS) {
    problems.push(
      `kube-dns key upstreamNameservers: ${value.length} servers, at most ${MAX_UPSTREAM_NAMESERVERS} are allowed`,
    )
  }
  return readServers(value, 'upstreamNameservers', parseIpAddress, problems)
}

type Parse = (text: string, defaultPort: number) => Address | undefined

function readServers(value: unknown, key: string, parse: Parse, problems: string[]): Address[] {
  if (!Array.isArray(value)) {
    problems.push(`kube-dns key ${key}: ${quote(value)} is not a list of servers`)
    return []
  }
  return value.flatMap((server) => {
    const address = typeof server === 'string' ? parse(server, DNS_PORT) : undefined
    if (address !== undefined && !isWildcard(address.host)) return address
    problems.push(`kube-dns key ${key}: ${quote(server)} is not a server; allowed: IP or IP:port, no wildcard`)
    return []
  })
}
