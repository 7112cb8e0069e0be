import { isIP } from 'node:net'
import { isObject } from '../base/fields.ts'
import { RCODE } from '../dns/constants.ts'
import { distinctList } from './distinct-list.ts'
import { parseMemoryBytes } from './memory.ts'
import { complain, map, oneOf, optional, type Reader, section, text, withDefault } from './reader.ts'
import { domainOrRoot, duration, path, wholeNumber, wholeSeconds, yesOrNo } from './readers.ts'
import { formatServer, parseNamedServer, parseServer, type Server, SERVER_FORMS } from './server.ts'
import { serverHint } from './server-hint.ts'

// The sections of the configuration file about names that are not ours.

type Upstream = Server | { readonly resolvConf: string }

const resolvConfOf = (given: string): Upstream | undefined => {
  const [, start] = /^([^:/]*)\//.exec(given) ?? []
  return start === undefined || isIP(start) !== 0 ? undefined : { resolvConf: given }
}

const upstream = text<Upstream>(
  `${SERVER_FORMS}, or the path of a resolv.conf file`,
  (given) => parseServer(given) ?? resolvConfOf(given),
  serverHint,
)

const upstreams = distinctList(upstream, 'upstreams', (one) =>
  'resolvConf' in one ? one.resolvConf : formatServer(one),
)

const policy = oneOf('fastest', 'sequential', 'roundRobin', 'random')

const namedServer = text(`${SERVER_FORMS}, or a host name`, parseNamedServer, serverHint)
const stubServers = distinctList(namedServer, 'servers', formatServer)
const stubSection = section({ upstreams: stubServers, policy: optional(policy) })

// The short form is a list of servers.
const stub: Reader<NonNullable<ReturnType<typeof stubSection.read>>> = {
  wish: `${stubServers.wish}, or ${stubSection.wish}`,
  read(given, at, problems) {
    if (Array.isArray(given)) return { upstreams: stubServers.read(given, at, problems) ?? [] }
    return isObject(given) ? stubSection.read(given, at, problems) : complain(given, at, this.wish, problems)
  },
}

const servers = distinctList(text(SERVER_FORMS, parseServer, serverHint), 'servers', formatServer)

// NOERROR is what nobody needs another try for.
const FAILOVER = ['SERVFAIL', 'REFUSED', 'NOTIMP', 'FORMERR', 'NXDOMAIN'] as const

export const forwardSection = section({
  upstreams: optional(upstreams),
  policy: withDefault(policy, 'fastest'),
  failover: withDefault(
    distinctList(
      text(`one of ${FAILOVER.join(', ')}`, (given) => {
        const rcode = FAILOVER.find((one) => one === given)
        return rcode && RCODE[rcode]
      }),
      'rcodes',
      (rcode) => rcode,
    ),
    FAILOVER.slice(0, 4),
  ),
  ca: optional(path),
  randomizeCase: withDefault(yesOrNo, false),
  trustAD: withDefault(servers, []),
  stubDomains: withDefault(map(stub, 'domain to list of servers'), {}),
})

/** Where names of the cluster go. An empty list is the same as `off`. */
export const clusterDns: Reader<'auto' | readonly Server[]> = {
  wish: `auto, off, or a list of servers: ${SERVER_FORMS}`,
  read(given, at, problems) {
    if (given === 'auto') return 'auto'
    if (given === 'off') return []
    return Array.isArray(given) ? servers.read(given, at, problems) : complain(given, at, this.wish, problems)
  },
}

const memory = text('an amount of memory from 1Mi to 64Gi, such as 20Mi', (given) => {
  const bytes = parseMemoryBytes(given)
  return bytes !== undefined && bytes >= 2 ** 20 && bytes <= 2 ** 36 ? bytes : undefined
})

const domains = distinctList(domainOrRoot, 'domains', (domain) => domain)

export const cacheSection = section({
  entries: withDefault(wholeNumber(0, 10_000_000), 10_000),
  memory: optional(memory),
  minTtl: withDefault(wholeSeconds('1h'), '0s'),
  maxTtl: withDefault(wholeSeconds('168h'), '24h'),
  maxNegativeTtl: withDefault(wholeSeconds('24h'), '1h'),
  maxStale: withDefault(duration('168h'), '24h'),
  prefetch: withDefault(yesOrNo, true),
  keepPositive: withDefault(domains, []),
})

export const policySection = section({
  block: withDefault(map(oneOf('nxdomain', 'nodata', 'refuse'), 'domain to nxdomain, nodata or refuse'), {}),
  noAAAA: withDefault(domains, []),
})
