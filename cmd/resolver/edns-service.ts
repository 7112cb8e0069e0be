import type { EdnsConfig } from '../../lib/config/config.ts'
import { nsidOption } from '../../lib/dns/edns/nsid.ts'
import { ServerCookies } from '../../lib/dns/edns/server-cookies.ts'
import type { EdnsService } from '../../lib/server/client-options.ts'

/** What the configuration has for clients that ask by an option of EDNS. */
export function ednsService({ nsid, cookies, cookieSecrets }: EdnsConfig, wallClock: () => number): EdnsService {
  const [current, ...others] = cookieSecrets.map((secret) => Buffer.from(secret, 'hex'))
  return {
    ...(nsid !== undefined && { nsid: nsidOption(nsid) }),
    ...(cookies !== 'off' &&
      current !== undefined && {
        cookies: {
          server: new ServerCookies([current, ...others]),
          areRequired: cookies === 'required',
          nowSeconds: () => Math.floor(wallClock() / 1000),
        },
      }),
  }
}
