import { RCODE } from '../dns/constants.ts'
import { parseMemoryBytes } from './memory.ts'
import { list, map, oneOf, optional, type Reader, section, text, value, withDefault } from './reader.ts'
import { domainOrRoot, duration, path, wholeNumber, yesOrNo } from './readers.ts'
import { parseNamedServer, parseServer, type Server, SERVER_FORMS } from './server.ts'

// The sections of the configuration file about names that are not ours.

const upstream = text(
  `${SERVER_FORMS}, or the path of a resolv.conf file`,
  (given): Server | { readonly resolvConf: string } | undefined =>
    parseServer(given) ?? (/^[^:]*\//.test(given) ? { resolvConf: given } : undefined),
)

const namedServer = text(`${SERVER_FORMS}, or a host name`, parseNamedServer)

const policy = oneOf('fastest', 'sequential', 'roundRobin', 'random')

const stubServers = list(namedServer, 'servers')
const stubSection = section({ upstreams: list(namedServer, 'servers'), policy: optional(policy) })

type Stub = ReturnType<typeof stubSection.read>

// The short form is a list of servers.
const stub: Reader<NonNullable<Stub>> = {
  wish: `a list of servers, or ${stubSection.wish}`,
  read(given, at, problems) {
    if (!Array.isArray(given) && (typeof given !== 'object' || given === null)) {
      stubServers.read(given, at, problems)
      return undefined
    }
    if (!Array.isArray(given)) return stubSection.read(given, at, problems)
    return { upstreams: stubServers.read(given, at, problems) ?? [] }
  },
}

// NOERROR is what nobody needs another try for.
const FAILOVER = ['SERVFAIL', 'REFUSED', 'NOTIMP', 'FORMERR', 'NXDOMAIN'] as const

export const forwardSection = section({
  upstreams: optional(list(upstream, 'upstreams')),
  policy: withDefault(policy, 'fastest'),
  failover: withDefault(
    list(
      text(`one of ${FAILOVER.join(', ')}`, (given) => {
        const rcode = FAILOVER.find((one) => one === given)
        return rcode && RCODE[rcode]
      }),
      'rcodes',
    ),
    FAILOVER.slice(0, 4),
  ),
  ca: optional(path),
  randomizeCase: withDefault(yesOrNo, false),
  stubDomains: withDefault(map(stub, 'domain to list of servers'), {}),
})

/** Where names of the cluster go. An empty list is the same as `off`. */
export const clusterDns = value(
  'auto, off, or a list of IP addresses',
  (given): 'auto' | readonly Server[] | undefined => {
    if (given === 'auto') return 'auto'
    if (given === 'off') return []
    if (!Array.isArray(given)) return undefined
    const servers = given.flatMap((one) => (typeof one === 'string' && parseServer(one)) || [])
    return servers.length === given.length ? servers : undefined
  },
)

const memory = text('an amount of memory from 1Mi to 64Gi, such as 20Mi', (given) => {
  const bytes = parseMemoryBytes(given)
  return bytes !== undefined && bytes >= 2 ** 20 && bytes <= 2 ** 36 ? bytes : undefined
})

export const cacheSection = section({
  entries: withDefault(wholeNumber(0, 10_000_000), 10_000),
  memory: optional(memory),
  minTtl: withDefault(duration('1h'), '0s'),
  maxTtl: withDefault(duration('168h'), '24h'),
  maxNegativeTtl: withDefault(duration('24h'), '1h'),
  maxStale: withDefault(duration('168h'), '24h'),
  prefetch: withDefault(yesOrNo, true),
  keepPositive: withDefault(list(domainOrRoot, 'domains'), []),
})

export const policySection = section({
  block: withDefault(map(oneOf('nxdomain', 'nodata', 'refuse'), 'domain to nxdomain, nodata or refuse'), {}),
  noAAAA: withDefault(list(domainOrRoot, 'domains'), []),
})
