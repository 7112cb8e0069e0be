import type { Random16 } from '../base/random.ts'
import { type Health, RANK } from './health.ts'

export type Policy = 'fastest' | 'sequential' | 'roundRobin' | 'random'

interface Candidate {
  readonly health: Health
}

// Upstreams that are about as fast as the fastest share the work.
const ABOUT_AS_FAST = { times: 1.5, ms: 3 }

/**
 * The order in which upstreams are asked: good ones as the policy says, then suspect ones, the better ones first. Those
 * that are down are left out. `turn` counts the questions.
 */
export function inOrder<T extends Candidate>(
  candidates: readonly T[],
  policy: Policy,
  { turn, random }: { readonly turn: number; readonly random: Random16 },
): readonly T[] {
  if (candidates.length === 1) return candidates[0]?.health.rank === RANK.UNUSABLE ? [] : candidates
  const ranked = (rank: number) => candidates.filter(({ health }) => health.rank === rank)
  const suspects = ranked(RANK.SUSPECT)
  return [...ORDERS[policy](ranked(RANK.GOOD), turn, random), ...byMean(suspects)]
}

const byMean = <T extends Candidate>(candidates: readonly T[]): readonly T[] =>
  candidates.toSorted((one, other) => one.health.meanMs - other.health.meanMs)

type Order = <T extends Candidate>(candidates: readonly T[], turn: number, random: Random16) => readonly T[]

const rotated: Order = (candidates, turn) => {
  const first = turn % candidates.length
  return [...candidates.slice(first), ...candidates.slice(0, first)]
}

const shuffled: Order = (candidates, _turn, random) =>
  candidates
    .map((candidate) => ({ candidate, place: random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ candidate }) => candidate)

const fastest: Order = (candidates, turn, random) => {
  const leastMs = Math.min(...candidates.map(({ health }) => health.meanMs))
  const limitMs = leastMs * ABOUT_AS_FAST.times + ABOUT_AS_FAST.ms
  const isFast = ({ health }: Candidate) => health.meanMs <= limitMs
  const others = candidates.filter((candidate) => !isFast(candidate))
  return [...shuffled(candidates.filter(isFast), turn, random), ...byMean(others)]
}

const ORDERS: Readonly<Record<Policy, Order>> = {
  sequential: (candidates) => candidates,
  roundRobin: rotated,
  random: shuffled,
  fastest,
}
