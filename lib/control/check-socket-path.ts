import { dirname } from 'node:path'
import { quote } from '../base/fields.ts'
import { SOCKET_PATH_LIMITS } from '../base/socket-path.ts'

/** Throws a RangeError, with what is allowed, for a path that a unix socket cannot have. */
export function checkSocketPath(path: string): void {
  const { pathOctets, folderOctets } = SOCKET_PATH_LIMITS
  const octets = Buffer.byteLength(path)
  const octetsOfFolder = Buffer.byteLength(dirname(path))
  if (path.includes('\0')) throw new RangeError(`${quote(path)} has a zero octet, which no path has`)
  if (octets > pathOctets)
    throw new RangeError(`${quote(path)} has ${octets} octets; a socket's path has at most ${pathOctets}`)
  if (octetsOfFolder > folderOctets) {
    const found = `the directory of ${quote(path)} has ${octetsOfFolder} octets`
    throw new RangeError(`${found}; that of a socket has at most ${folderOctets}`)
  }
}
