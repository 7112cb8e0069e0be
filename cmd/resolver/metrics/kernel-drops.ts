import { readFileSync } from 'node:fs'
import { socketDrops } from '../../../lib/observe/socket-drops.ts'

const TABLES = ['/proc/net/udp', '/proc/net/udp6']

/** Datagrams that the kernel had no room for, by the address that they were sent to; none where it does not tell. */
export const kernelDrops = (addresses: readonly string[]): Map<string, number> =>
  new Map(TABLES.flatMap((path) => [...socketDrops(contentOf(path), addresses)]))

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
