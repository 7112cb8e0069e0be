import { readdirSync, readFileSync } from 'node:fs'
import type { Logger } from '../../lib/observe/log.ts'
import { MAX_WAITING } from './forwarding.ts'
import type { Runtime } from './runtime.ts'

const MAX_CONNECTIONS = 1000
// Each query that waits has a socket or two; then there are watches, files, and connections of operators.
const WANTED_FILES = 2 * MAX_WAITING + MAX_CONNECTIONS + 500

/** How many file descriptors there may be; undefined where the system does not tell. */
export function maxOpenFiles(): number | undefined {
  const soft = /^Max open files +(\d+)/m.exec(contentOf('/proc/self/limits'))?.[1]
  return soft === undefined ? undefined : Number(soft)
}

export function openFiles(): number | undefined {
  try {
    // Without the one that it is read by.
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return undefined
  }
}

/** Tells at the start what would show only under load. */
export function warnOfFewFiles(log: Logger): void {
  const files = maxOpenFiles()
  if (files === undefined || files >= WANTED_FILES) return
  log.warn(
    { files, wanted: WANTED_FILES, remedy: `ulimit -n ${WANTED_FILES}` },
    'few file descriptors: under load, queries may fail for want of sockets',
  )
}

export function warnOfSmallBuffer(
  { octets, wanted }: { readonly octets: number; readonly wanted: number },
  { warn }: Pick<Runtime, 'warn'>,
): void {
  warn('receive buffer', 'small receive buffers: the kernel drops queries that come while we are busy for a moment', {
    octets,
    wanted,
    remedy: `sysctl -w net.core.rmem_max=${wanted} on the node, or the capability NET_ADMIN`,
  })
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
