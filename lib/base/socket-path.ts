// sun_path of Linux has 108, with a zero at the end.
const PATH_OCTETS = 107

/** How long the path of a unix socket may be, and that of its directory: there it is made beside its place. */
export const SOCKET_PATH_LIMITS = {
  pathOctets: PATH_OCTETS,
  folderOctets: PATH_OCTETS - '/.XXXXXX/s'.length,
} as const
