import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type DebianProgram, debianLack } from '../peers/debian.ts'
import type { PeerName } from '../peers/peers.ts'

const BUILD = fileURLToPath(new URL('../peers/build.ts', import.meta.url))

/** Builds or installs what is missing of these programs. What is to be done if that did not go; else undefined. */
export function requirePeers(built: readonly PeerName[], installed: readonly DebianProgram[]): string | undefined {
  try {
    execFileSync(process.execPath, [BUILD, ...built, ...installed], { stdio: ['ignore', 2, 2] })
  } catch {
    return 'a program could not be had, see above'
  }
  return debianLack(installed)
}
