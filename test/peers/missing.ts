import { DEBIAN_PROGRAMS, type DebianProgram, debianLack } from './debian.ts'
import { PEER_NAMES, type PeerName } from './peers.ts'
import { isBuilt } from './stamp.ts'

/**
 * Why tests that run these programs cannot run here, if so: a reason to skip them. Throws it where they must not be
 * skipped.
 */
export function missing(...names: readonly (PeerName | DebianProgram)[]): string | undefined {
  return skipFor(lackOf(names))
}

/** The same, for a reason that is known, if there is one. */
export function skipFor(reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined
  if (process.env['CI'] !== undefined || process.env['FEDDNS_REQUIRE_PEERS'] === '1') throw new Error(reason)
  console.warn(`SKIPPED, tests with other programs: ${reason}`)
  return reason
}

function lackOf(names: readonly (PeerName | DebianProgram)[]): string | undefined {
  const notBuilt = PEER_NAMES.filter((name) => names.includes(name) && !isBuilt(name))
  if (notBuilt.length > 0) return `${notBuilt.join(', ')}: not built from these sources; run \`npm run peers\``
  return debianLack(DEBIAN_PROGRAMS.filter((name) => names.includes(name)))
}
