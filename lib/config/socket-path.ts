import { dirname } from 'node:path'
import { SOCKET_PATH_LIMITS } from '../base/socket-path.ts'
import { text } from './reader.ts'

const { pathOctets, folderOctets } = SOCKET_PATH_LIMITS

/** Where a unix socket can be made. */
export const socketPath = text(
  `an absolute path of at most ${pathOctets} octets, in a directory of at most ${folderOctets}, such as /run/feddns/control.sock`,
  (given) => {
    const isPath = given.startsWith('/') && !/\/\.{0,2}$/.test(given) && !given.includes('\0')
    const fits = Buffer.byteLength(given) <= pathOctets && Buffer.byteLength(dirname(given)) <= folderOctets
    return isPath && fits ? given : undefined
  },
)
