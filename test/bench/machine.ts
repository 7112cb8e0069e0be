import { cpus, release, type, version } from 'node:os'

/** The machine in one line. */
export function machine(): string {
  const all = cpus()
  return `${all[0]?.model.trim() ?? 'unknown processor'}, ${all.length} cores, ${type()} ${release()} (${version()})`
}
