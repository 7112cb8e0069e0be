import { randomBytes } from 'node:crypto'

// Begun differently in each process, so that names that meet are hard to find from outside.
const SEED = randomBytes(4).readInt32LE()

/**
 * FNV-1a, as a signed number of 32 bits: V8 keeps those in place. For Maps of strings that were made just now: as keys
 * they would be internalized, which costs ten times as much.
 */
export function hashOf(key: string): number {
  let hash = SEED
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return hash | 0
}
