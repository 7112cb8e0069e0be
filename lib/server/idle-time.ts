import type { ConnectionLimits } from './connection-limits.ts'

const ROOMY = 0.5

/** How long a connection may be idle while so many are open: less and less from half of them on (RFC 9210 §4.3). */
export function idleTimeMs(
  open: number,
  { maxConnections, idleMs, leastIdleMs }: Pick<ConnectionLimits, 'maxConnections' | 'idleMs' | 'leastIdleMs'>,
): number {
  const free = Math.max(0, 1 - open / maxConnections)
  return free >= ROOMY ? idleMs : leastIdleMs + (idleMs - leastIdleMs) * (free / ROOMY)
}
