import type { Clock } from '../base/clock.ts'
import type { Evidence } from '../base/generations.ts'
import { type Directory, type Knowledge, serviceSlot, WORLD_SLOT } from '../cluster/directory.ts'
import type { Location } from '../cluster/location.ts'
import { type Answer, authored, failure, type Query, type Resolve } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { EDE, type ExtendedError } from '../dns/extended-error.ts'
import { decide, decideEmpty } from '../federation/decide.ts'
import type { Decision } from '../federation/decision.ts'
import type { Recognise, ShardName } from '../federation/recognise.ts'

type Recognised = NonNullable<ReturnType<Recognise>>
import type { FederationSettings } from '../federation/settings.ts'
import type { Follow } from './chase.ts'
import { srvAtEndOfChain } from './srv-at-end-of-chain.ts'

export interface FederatedOptions {
  readonly settings: FederationSettings
  readonly recognise: Recognise
  readonly directory: Directory
  readonly locate: () => Location
  readonly clock: Clock
  /** Until then a cluster that was never read is "not known"; after it, its Services are taken for missing. */
  readonly graceEndsAtMs: number
  readonly follow: Follow
}

/** Answers federated names, and leaves all others, and those at which the cluster itself has a record, to `next`. */
export function federated(next: Resolve, options: FederatedOptions): Resolve {
  const { settings, recognise, directory, clock } = options
  const answer = async (query: Query, of: Recognised): Promise<Answer | undefined> => {
    if (of.kind !== 'shard') return answerOf(decideEmpty(query, of, settings), settings)
    const evidence = directory.evidence(slotsOf(of))
    if (!directory.synced && clock.now() < options.graceEndsAtMs) {
      return failure({ code: EDE.NOT_READY, text: 'the state of the cluster is not known yet' })
    }
    if (isNamesake(of, options)) return withEvidence(await next(query), evidence)
    const errors = OUTDATED[directory.knowledge]
    return withErrors(withEvidence(await answerShard(query, of, options), evidence), errors)
  }
  return (query) => {
    const of = recognise(query.name)
    return of === undefined ? next(query) : answer(query, of)
  }
}

async function answerShard(query: Query, of: ShardName, options: FederatedOptions): Promise<Answer> {
  const { settings, directory, locate, follow } = options
  const shard = directory.shard(of.namespace, of.service)
  const healthy = shard !== undefined && directory.isHealthy(shard)
  const decision = decide(query, of, { shard, healthy, location: locate() }, settings)
  if (decision.srv === undefined) return answerOf(decision, settings)
  return srvAtEndOfChain(query, decision.srv, { zone: of.zone, settings, follow })
}

// Facts that the answer follows from. A Service that does not exist has a slot as well.
function slotsOf({ service, namespace, federation }: ShardName): number[] {
  return [WORLD_SLOT, serviceSlot(namespace, service), serviceSlot(federation.name, namespace)]
}

// In a namespace called like the federation, `<hostname>.<service>.<namespace>` has the shape of a federated name.
function isNamesake(of: ShardName, { settings, directory }: FederatedOptions): boolean {
  if (of.zone !== settings.clusterDomain || of.prefix !== undefined) return false
  const shard = directory.shard(of.federation.name, of.namespace)
  return shard?.service.type !== 'ExternalName' && shard?.ready.some(({ label }) => label === of.service) === true
}

function answerOf(decision: Decision, settings: FederationSettings): Answer {
  const { error, rcode, redirect, srv: _, ...parts } = decision
  if (error !== undefined) return failure(error)
  return authored({
    ...parts,
    rcode,
    authoritative: rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN,
    ...(redirect && { ttlCapSeconds: settings.redirectTtlSeconds }),
  })
}

// The age is in the metrics: an answer may be kept, and would tell an old one.
const OUTDATED: Readonly<Record<Knowledge, readonly ExtendedError[]>> = {
  none: [],
  live: [],
  away: [{ code: EDE.STALE, text: 'the API server does not answer; this is what was last known of the cluster' }],
  snapshot: [{ code: EDE.STALE, text: 'the API server was not reached since the start; this is from a snapshot' }],
}

const withErrors = (answer: Answer | undefined, errors: readonly ExtendedError[]): Answer | undefined =>
  answer && errors.length > 0 ? { ...answer, errors: [...answer.errors, ...errors] } : answer

const withEvidence = (answer: Answer | undefined, evidence: Evidence): Answer | undefined =>
  answer && { ...answer, evidence: [...answer.evidence, evidence] }
