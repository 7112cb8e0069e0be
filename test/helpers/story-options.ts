import { parseDurationMs } from '../../lib/base/duration.ts'
import { RCODE } from '../../lib/dns/constants.ts'
import type { Policy } from '../../lib/forward/select.ts'
import type { WorldOptions, WorldRoute } from './world-parts.ts'

const RCODES: Readonly<Record<string, number>> = RCODE

type ReadOption = (value: string) => Partial<WorldOptions>

const ms = (value: string): number => {
  const read = parseDurationMs(value)
  if (read === undefined) throw new Error(`"${value}" is no duration`)
  return read
}

const OPTIONS: Readonly<Record<string, ReadOption>> = {
  federations: (value) => ({ federations: pairsOf(value) }),
  longOnly: (value) => ({ longOnly: value.split(',') }),
  stubs: (value) => ({ stubs: value.split(',') }),
  routes: (value) => ({ routes: value.split(',').map(routeOf) }),
  scope: (value) => ({ scope: value as 'zone' | 'region' | 'global' }),
  publicNames: (value) => ({ settings: { publicNames: value as 'zone' | 'zone.region' } }),
  style: (value) => ({ settings: { style: value as 'cname' | 'flat' } }),
  ttl: (value) => ({ settings: { ttlSeconds: ms(value) / 1000 } }),
  redirectTtl: (value) => ({ settings: { redirectTtlSeconds: ms(value) / 1000 } }),
  minReady: (value) => ({ health: { minReady: Number(value) } }),
  leaveAfter: (value) => ({ health: { leaveAfterMs: ms(value) } }),
  returnAfter: (value) => ({ health: { returnAfterMs: ms(value) } }),
  upstreams: (value) => ({ upstreams: value.split(',') }),
  publicUpstreams: (value) => ({ publicUpstreams: value === 'yes' }),
  policy: (value) => ({ policy: value as Policy }),
  failover: (value) => ({ failover: value.split(',').map((rcode) => RCODES[rcode] ?? Number.NaN) }),
  minTtl: (value) => ({ lifetimes: { minTtl: ms(value) } }),
  maxTtl: (value) => ({ lifetimes: { maxTtl: ms(value) } }),
  maxNegativeTtl: (value) => ({ lifetimes: { maxNegativeTtl: ms(value) } }),
  maxStale: (value) => ({ maxStaleMs: ms(value) }),
  cacheEntries: (value) => ({ cacheEntries: Number(value) }),
  cacheBytes: (value) => ({ cacheBytes: Number(value) }),
  prefetch: (value) => ({ prefetches: value === 'yes' }),
  keepPositive: (value) => ({ keepPositive: value.split(',') }),
  block: (value) => ({ block: pairsOf(value) as NonNullable<WorldOptions['block']> }),
  trustAD: (value) => ({ trustAd: value.split(',') }),
  noAAAA: (value) => ({ noAAAA: value.split(',') }),
  maxInFlight: (value) => ({ maxInFlight: Number(value) }),
  allow: (value) => ({ allow: value.split(',') }),
}

const pairsOf = (value: string): Record<string, string> =>
  Object.fromEntries(value.split(',').map((item) => item.split(':')))

// `corp.example:c+d:roundRobin`
function routeOf(text: string): WorldRoute {
  const [domain = '', upstreams = '', policy] = text.split(':')
  return { domain, upstreams: upstreams.split('+'), ...(policy !== undefined && { policy: policy as Policy }) }
}

/** The words behind `world` as its options. */
export function worldOptionsOf(words: readonly string[]): WorldOptions {
  let options: WorldOptions = {}
  for (const word of words) {
    const [key = '', value = ''] = word.split('=')
    const read = OPTIONS[key]
    if (read === undefined) throw new Error(`a world does not know the option "${key}"`)
    const { settings, health, lifetimes, ...others } = read(value)
    options = {
      ...options,
      ...others,
      settings: { ...options.settings, ...settings },
      health: { ...options.health, ...health },
      lifetimes: { ...options.lifetimes, ...lifetimes },
    }
  }
  return options
}
