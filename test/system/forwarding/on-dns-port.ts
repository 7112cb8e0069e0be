import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { skipFor } from '../../peers/missing.ts'
import { NameServer } from './name-server.ts'

const DNS_PORT = 53
const TRIES = 50

/** Why nobody can listen on port 53 of any loopback address here, if so: a reason to skip. */
export const dnsPortLack = (): string | undefined =>
  skipFor(canListen() ? undefined : 'port 53 of a loopback address needs Linux, and root or CAP_NET_BIND_SERVICE')

function canListen(): boolean {
  if (process.platform !== 'linux') return false
  if (process.getuid?.() === 0) return true
  return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) <= DNS_PORT
}

type Two = readonly [NameServer, NameServer]

/** Two servers on port 53 of loopback addresses that nobody else has, with the address that each answers with. */
export async function nameServersOnDnsPort(
  first: string,
  second: string,
): Promise<AsyncDisposable & { readonly all: Two }> {
  const one = await onDnsPort(first)
  const all: Two = [one, await onDnsPort(second)]
  return {
    all,
    [Symbol.asyncDispose]: async () => {
      for (const server of all) await server[Symbol.asyncDispose]()
    },
  }
}

// Other tests may be at it at the same time.
async function onDnsPort(address: string): Promise<NameServer> {
  for (let tries = 1; ; tries++) {
    const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
    try {
      return await NameServer.start({ host, port: DNS_PORT, address })
    } catch (error) {
      if (tries === TRIES || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}
