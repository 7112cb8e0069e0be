import type { HealthOverrides } from './objects.ts'

export interface HealthSettings {
  /** Ready pods from which on a shard is healthy; at least 1. */
  readonly minReady: number
  /** How long a shard with some ready pods, but too few, stays healthy. */
  readonly leaveAfterMs: number
  /** How long a shard has to have enough ready pods before it is healthy again. */
  readonly returnAfterMs: number
}

/** What is remembered of a shard's health from one look to the next. */
export interface Health {
  readonly healthy: boolean
  readonly wasHealthy: boolean
  /** When what is seen began to contradict `healthy`, in milliseconds of the Clock. */
  readonly contradictedSinceMs?: number
}

interface Seen {
  readonly readyPods: number
  readonly nowMs: number
}

export const withOverrides = (settings: HealthSettings, overrides: HealthOverrides): HealthSettings => ({
  ...settings,
  ...overrides,
})

/**
 * The health after a look at the ready pods, and when to look again if nothing changes meanwhile. Nobody ready: away at
 * once. The first look, and a shard that was never healthy, take no hold. Resolver and controller share this rule.
 */
export function nextHealth(
  before: Health | undefined,
  { readyPods, nowMs }: Seen,
  settings: HealthSettings,
): { readonly health: Health; readonly lookAgainAtMs?: number } {
  const wanted = readyPods >= settings.minReady
  const settled = { healthy: wanted, wasHealthy: wanted || before?.wasHealthy === true }
  if (before === undefined || wanted === before.healthy || readyPods === 0) return { health: settled }
  const holdMs = wanted ? settings.returnAfterMs : settings.leaveAfterMs
  if (holdMs === 0 || (wanted && !before.wasHealthy)) return { health: settled }
  const sinceMs = before.contradictedSinceMs ?? nowMs
  if (nowMs - sinceMs >= holdMs) return { health: settled }
  return {
    health: { healthy: before.healthy, wasHealthy: before.wasHealthy, contradictedSinceMs: sinceMs },
    lookAgainAtMs: sinceMs + holdMs,
  }
}
