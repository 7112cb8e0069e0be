import type { Name } from '../../lib/dns/name.ts'
import { LoopCheck } from '../../lib/forward/loop-check.ts'
import type { Route } from '../../lib/forward/route.ts'
import type { Upstream } from '../../lib/forward/upstream.ts'
import { LoopWatch } from '../../lib/policy/loop-watch.ts'
import { newProbeName } from '../../lib/policy/probe-name.ts'
import type { Runtime } from './runtime.ts'

const PROBE_LIFETIME_MS = 10_000
const MAX_PROBES = 1000

type Surroundings = Pick<Runtime, 'clock' | 'random'> & { readonly log: Pick<Runtime['log'], 'error' | 'info'> }

/** Upstreams that lead back here, and how they are found. */
export interface Loops {
  /** Looks at upstreams of these routes that it has not looked at before. To be called when we listen. */
  look(routes: readonly Route[]): void
  lookAgain(): void
  /** A route has other upstreams than before. */
  changed(route: Pick<Route, 'upstreams' | 'domain'>, gone: readonly Upstream[]): void
  /** The label of the upstream that a query for this name was sent to, if it is one of ours that came back. */
  cameBack(name: Name): string | undefined
  stop(): void
}

export function findLoops({ clock, random, log }: Surroundings): Loops {
  const watch = new LoopWatch({ clock, lifetimeMs: PROBE_LIFETIME_MS, maxProbes: MAX_PROBES })
  // The same server may stand in several routes.
  const byLabel = new Map<string, Set<Upstream>>()
  let hasBegun = false
  const check = new LoopCheck({
    clock,
    random,
    newName: (domain) => newProbeName(random, domain),
    expect: (name, upstream) => {
      byLabel.set(upstream.label, (byLabel.get(upstream.label) ?? new Set()).add(upstream))
      watch.begin(name, upstream.label)
    },
    onLoop: ({ label }) =>
      log.error(
        { upstream: label },
        'forwarding loop: what is sent to this upstream comes back here; it is not asked any more',
      ),
    onEnd: ({ label }) => log.info({ upstream: label }, 'forwarding loop is over; the upstream is asked again'),
  })
  return {
    look: (routes) => {
      hasBegun = true
      for (const { upstreams, domain } of routes) check.look(upstreams, domain)
    },
    lookAgain: () => check.lookAgain(),
    changed: ({ upstreams, domain }, gone) => {
      for (const upstream of gone) {
        check.forget(upstream)
        byLabel.get(upstream.label)?.delete(upstream)
      }
      if (hasBegun) check.look(upstreams, domain)
    },
    cameBack: (name) => {
      const label = watch.seen(name)
      if (label !== undefined) for (const upstream of byLabel.get(label) ?? []) check.came(upstream)
      return label
    },
    stop: () => check.stop(),
  }
}
