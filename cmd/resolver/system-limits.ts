import { readdirSync, readFileSync } from 'node:fs'
import type { Logger } from '../../lib/observe/log.ts'
import { CONNECTION_LIMITS } from '../../lib/server/connection-limits.ts'
import { MAX_WAITING } from './forwarding.ts'
import type { Runtime } from './runtime.ts'

// Beside the sockets of queries that wait, one or two for each, and those of clients: watches, files, operators.
const OTHERS = 500

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
  const wanted = 2 * MAX_WAITING + CONNECTION_LIMITS.maxConnections + OTHERS
  if (files === undefined || files >= wanted) return
  log.warn(
    { files, wanted, remedy: `ulimit -n ${wanted}` },
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
