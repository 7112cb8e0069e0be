import { dirname } from 'node:path'
import { quote } from '../base/fields.ts'

const MAX_OCTETS = 107 // sun_path of Linux has 108, with a zero at the end
const OCTETS_WHILE_MADE = '/.XXXXXX/s'.length

/** Throws a RangeError, with what is allowed, for a path that a unix socket cannot have. */
export function checkSocketPath(path: string): void {
  const octets = Buffer.byteLength(path)
  const folderOctets = Buffer.byteLength(dirname(path))
  if (path.includes('\0')) throw new RangeError(`${quote(path)} has a zero octet, which no path has`)
  if (octets > MAX_OCTETS) throw new RangeError(`${quote(path)} has ${octets} octets; a socket's path has at most 107`)
  if (folderOctets + OCTETS_WHILE_MADE > MAX_OCTETS) {
    throw new RangeError(`the directory of ${quote(path)} has ${folderOctets} octets; that of a socket has at most 97`)
  }
}
