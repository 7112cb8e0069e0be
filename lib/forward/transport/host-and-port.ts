import type { ServerAddress } from '../upstream.ts'

/** As in a URL: IPv6 in brackets. */
export const hostAndPort = ({ host, port }: ServerAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`
