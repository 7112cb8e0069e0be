import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { binaryOf, type PeerName, sourceOf } from './peers.ts'

/** What a binary was built from and by. */
interface Stamp {
  readonly digest: string
  readonly go: string
}

const stampOf = (name: PeerName): string => `${binaryOf(name)}.json`

/** Whether the binary is what its source would give; by the Go that is given, else by any. */
export function isBuilt(name: PeerName, go?: string): boolean {
  if (!existsSync(binaryOf(name)) || !existsSync(stampOf(name))) return false
  const stamp = JSON.parse(readFileSync(stampOf(name), 'utf8')) as Stamp
  return stamp.digest === sourceOf(name).digest && (go === undefined || stamp.go === go)
}

/** Says what a binary was built from, so that it is not built again. */
export function stamp(name: PeerName, { digest, go }: Stamp): void {
  writeFileSync(stampOf(name), `${JSON.stringify({ digest, go })}\n`)
}
