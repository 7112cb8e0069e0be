import { isIP } from 'node:net'
import type { Address } from './address.ts'

const DNS_PORT = 53

/** The servers of a resolv.conf file (resolv.conf(5)), in their order. Lines that name no address are skipped. */
export function parseResolvConf(text: string): Address[] {
  return [...text.matchAll(/^\s*nameserver[ \t]+(\S+)/gm)]
    .map(([, host = '']) => host)
    .filter((host) => isIP(host) !== 0)
    .map((host) => ({ host, port: DNS_PORT }))
}
