import assert from 'node:assert/strict'
import { assemble } from '../../lib/config/assemble.ts'
import type { RouteConfig } from '../../lib/config/config.ts'
import { parseKubeDns } from '../../lib/config/kube-dns.ts'
import { formatServer } from '../../lib/config/server.ts'
import { formatName, type Name } from '../../lib/dns/name.ts'
import { fileOf, withKey } from './minimal.ts'

/** What /etc/resolv.conf says. */
export const DEFAULT_SERVERS = [{ host: '192.0.2.53', port: 53 }]

/** A configuration, with what a kube-dns ConfigMap and a file of authorities say beside it. */
export function assembled(yaml: string, kubeDns: Readonly<Record<string, string>> = {}, ca?: string) {
  const { config, problems } = parseKubeDns(new Map(Object.entries(kubeDns)))
  assert.deepEqual(problems, [])
  const resolvConf = new Map([['/etc/resolv.conf', DEFAULT_SERVERS]])
  return assemble(fileOf(withKey(yaml)), { kubeDns: config, resolvConf, ca, cookieSecrets: [], tls: undefined })
}

/** The servers of a route, as they are written. */
export const serversOf = ({ upstreams }: RouteConfig): string[] => upstreams.map(formatServer)

/** The servers of each stub domain, as they are written. */
export const stubsOf = (domains: ReadonlyMap<Name, RouteConfig>): Record<string, string[]> =>
  Object.fromEntries([...domains].map(([name, route]) => [formatName(name), serversOf(route)]))
