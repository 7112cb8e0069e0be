import type { Clock } from '../base/clock.ts'
import type { Directory } from '../cluster/directory.ts'
import type { Location } from '../cluster/location.ts'
import type { Resolve } from '../dns/answer.ts'
import type { Name } from '../dns/name.ts'
import { type OnRuling, enforced, ruled } from '../policy/enforce.ts'
import { specialUse } from '../policy/special-use-names.ts'
import type { Verdict } from '../policy/verdict.ts'
import { recogniser } from '../federation/recognise.ts'
import type { FederationSettings } from '../federation/settings.ts'
import { answerProbes } from './answer-probes.ts'
import { chased, follower } from './chase.ts'
import { firstOf } from './combine.ts'
import { federated } from './federated.ts'
import { flattened } from './flatten.ts'
import { answerAny, refuseMetaTypes } from './policy.ts'

export interface ChainOptions {
  readonly settings: FederationSettings
  readonly directory: Directory
  readonly locate: () => Location
  readonly clock: Clock
  readonly graceEndsAtMs: number
  /** Carries all other queries upstream. */
  readonly forward: Resolve
  /** Which upstreams a name goes to: the same value for the same ones. */
  readonly routeOf: (name: Name) => unknown
  /** What the operator has against names and types. */
  readonly verdict: Verdict
  /** Whether asking for the name would show it to a public server. */
  readonly leaks: (name: Name) => boolean
  readonly onRuling: OnRuling
  /** The upstream that a query for this name was sent to, if it is one of ours that came back. */
  readonly cameBack: (name: Name) => string | undefined
}

// Beside the routes: who answers federated names.
const OURSELVES = Symbol('ourselves')

/** The order in which a query is offered around, written once: policy, federation, special names, forward. */
export function resolverChain(options: ChainOptions): Resolve {
  const { settings, verdict, leaks, onRuling } = options
  const recognise = recogniser(settings)
  const belongsTo = (name: Name) => (recognise(name) === undefined ? options.routeOf(name) : OURSELVES)
  const follow = follower({ step: (query) => step(query), belongsTo })
  const step = firstOf(
    refuseMetaTypes,
    answerProbes(options.cameBack),
    ruled(verdict, onRuling),
    federated(
      firstOf(
        specialUse({ leaks, onRuling }),
        answerAny(settings.ttlSeconds),
        enforced(options.forward, verdict, onRuling),
      ),
      {
        ...options,
        recognise,
        follow,
      },
    ),
  )
  const whole = chased(step, follow)
  return settings.style === 'flat' ? flattened(whole, recognise, settings) : whole
}
