import type { Random16 } from '../../lib/base/random.ts'
import type { Clock } from '../../lib/base/clock.ts'
import { RCODE } from '../../lib/dns/constants.ts'
import { parseName } from '../../lib/dns/name.ts'
import type { HealthSettings } from '../../lib/cluster/health.ts'
import type { LocationScope } from '../../lib/cluster/location.ts'
import type { Federation, FederationSettings } from '../../lib/federation/settings.ts'
import { Forwarding } from '../../lib/forward/forwarding.ts'
import { MessageCache } from '../../lib/forward/message-cache.ts'
import type { Lifetimes } from '../../lib/forward/relay.ts'
import type { Policy } from '../../lib/forward/select.ts'
import { blocking } from '../../lib/policy/block.ts'
import { withoutAaaa } from '../../lib/policy/no-aaaa.ts'
import { firstVerdict, type Verdict } from '../../lib/policy/verdict.ts'
import { accessList } from '../../lib/server/access-list.ts'

export interface WorldRoute {
  readonly domain: string
  /** Names of upstreams. */
  readonly upstreams: readonly string[]
  readonly policy?: Policy
}

export interface WorldOptions {
  readonly federations?: Readonly<Record<string, string>>
  /** Federations without short names. */
  readonly longOnly?: readonly string[]
  readonly settings?: Partial<Pick<FederationSettings, 'publicNames' | 'style' | 'ttlSeconds' | 'redirectTtlSeconds'>>
  readonly health?: Partial<HealthSettings>
  readonly scope?: LocationScope
  /** Domains with an upstream of their own, which is called like the domain. */
  readonly stubs?: readonly string[]
  /** Domains with named upstreams. */
  readonly routes?: readonly WorldRoute[]
  /** The upstreams for everything else, by name; one, called `main`, if nothing is said. */
  readonly upstreams?: readonly string[]
  /** Whether these are servers of the public Internet. */
  readonly publicUpstreams?: boolean
  readonly policy?: Policy
  readonly failover?: readonly number[]
  readonly lifetimes?: Partial<Lifetimes>
  readonly maxStaleMs?: number
  readonly cacheEntries?: number
  readonly cacheBytes?: number
  readonly prefetches?: boolean
  readonly keepPositive?: readonly string[]
  readonly block?: Readonly<Record<string, 'nxdomain' | 'nodata' | 'refuse'>>
  readonly noAAAA?: readonly string[]
  /** Upstreams, by name, whose AD is believed. */
  readonly trustAd?: readonly string[]
  readonly maxInFlight?: number
  readonly graceMs?: number
  /** Networks like `10.0.0.0/8` whose clients may ask; all, if nothing is said. */
  readonly allow?: readonly string[]
}

export function settingsOf({
  federations = { myfederation: 'example.com' },
  longOnly = [],
  settings,
}: WorldOptions): FederationSettings {
  const all = Object.entries(federations).map(([name, domain]): [string, Federation] => [
    name,
    { name, domain: parseName(domain), bare: !longOnly.includes(name) },
  ])
  return {
    clusterDomain: parseName('cluster.local'),
    federations: new Map(all),
    publicNames: 'zone',
    style: 'cname',
    ttlSeconds: 5,
    redirectTtlSeconds: 30,
    serial: 1,
    ...settings,
  }
}

export const cacheOf = ({
  cacheEntries = 1000,
  cacheBytes = 1_000_000,
  maxStaleMs = 86_400_000,
}: WorldOptions): MessageCache => new MessageCache({ maxEntries: cacheEntries, maxBytes: cacheBytes, maxStaleMs })

interface Surroundings {
  readonly cache: MessageCache
  readonly clock: Clock
  readonly random: Random16
  readonly log: (line: string) => void
  readonly lookForLoops: () => void
}

export const forwardingOf = (
  options: WorldOptions,
  { cache, clock, random, log, lookForLoops }: Surroundings,
): Forwarding =>
  new Forwarding({
    cache,
    lifetimes: { minTtl: 0, maxTtl: 86_400_000, maxNegativeTtl: 3_600_000, ...options.lifetimes },
    keepPositive: (options.keepPositive ?? []).map(parseName),
    failover: options.failover ?? [RCODE.SERVFAIL, RCODE.REFUSED, RCODE.NOTIMP, RCODE.FORMERR],
    clock,
    random,
    randomizeCase: false,
    trustAd: new Set(options.trustAd),
    maxWaiting: options.maxInFlight ?? 100,
    onOverload: lookForLoops,
    onExchange: () => {},
    onSilent: () => {},
    onDown: ({ label }) => {
      log(`${label}: is down`)
      lookForLoops()
    },
    onBack: ({ label }) => log(`${label}: answers again`),
  })

export function verdictOf({ block = {}, noAAAA = [] }: WorldOptions): Verdict {
  const rules = new Map(Object.entries(block).map(([domain, kind]) => [parseName(domain), kind]))
  return firstVerdict(blocking(rules), withoutAaaa(noAAAA.map(parseName)))
}

export function allowsOf({ allow }: WorldOptions): (client: string) => boolean {
  if (allow === undefined) return () => true
  const networks = allow.map((network) => network.split('/'))
  return accessList(networks.map(([host = '', bits]) => ({ host, bits: Number(bits) })))
}

/** The same numbers in each run. */
export function repeatableRandom(seed: number): Random16 {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 16
  }
}
