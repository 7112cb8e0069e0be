/** The arrival of a message from an upstream, kept as long as its TTLs say. */
export const relayedAt = (nowMs: number) => ({
  nowMs,
  from: 'upstream',
  lifetimes: { minTtl: 0, maxTtl: 86_400_000, maxNegativeTtl: 3_600_000 },
})
