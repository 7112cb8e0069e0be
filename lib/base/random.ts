import { randomFillSync } from 'node:crypto'

/** Randomness as an argument: a whole number from 0 to 65,535, each equally likely. */
export type Random16 = () => number

/** Unpredictable numbers (message ids, RFC 5452 §9.2), drawn from the kernel 512 at a time. */
export function cryptoRandom16(): Random16 {
  const pool = new Uint16Array(512)
  let next = pool.length
  return () => {
    if (next === pool.length) {
      randomFillSync(pool)
      next = 0
    }
    return pool[next++] ?? 0
  }
}
