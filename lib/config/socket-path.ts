import { dirname } from 'node:path'
import { text } from './reader.ts'

// As in lib/control: sun_path of Linux has 108, with a zero at the end, and a socket is made in a folder beside its place.
const MAX_OCTETS = 107
const MAX_FOLDER_OCTETS = 97

/** Where a unix socket can be made. */
export const socketPath = text(
  `an absolute path of at most ${MAX_OCTETS} octets, in a directory of at most ${MAX_FOLDER_OCTETS}, such as /run/feddns/control.sock`,
  (given) => {
    const isPath = given.startsWith('/') && !/\/\.{0,2}$/.test(given) && !given.includes('\0')
    const fits = Buffer.byteLength(given) <= MAX_OCTETS && Buffer.byteLength(dirname(given)) <= MAX_FOLDER_OCTETS
    return isPath && fits ? given : undefined
  },
)
