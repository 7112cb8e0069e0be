const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration such as `500ms`, `10s` or `1m30s`; undefined if it is none. */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined
  let sumMs = 0
  for (const [, count, unit] of text.matchAll(/([\d.]+)(ms|[smhd])/g))
    sumMs += Number(count) * (UNIT_MS[unit ?? ''] ?? 0)
  return Math.round(sumMs)
}
