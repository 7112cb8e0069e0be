import type { Name } from '../dns/name.ts'
import type { Address } from './address.ts'
import type { ListenConfig } from './listen-address.ts'
import type { TlsConfig } from './server-certificate.ts'
import type { FederationConfig } from './federations.ts'
import type { ConfigFile } from './schema.ts'
import type { Server } from './server.ts'

/** Who is asked about the names at and below a domain. */
export interface RouteConfig {
  readonly upstreams: readonly Server[]
  readonly policy: ConfigFile['forward']['policy']
}

/** Where all names go that are not ours. */
export interface ForwardConfig {
  /** For everything that no other route is for. */
  readonly everything: RouteConfig
  /** A domain without servers of its own has no entry, but below another one those of everything. */
  readonly stubDomains: ReadonlyMap<Name, RouteConfig>
  /** The cluster domain and the reverse zones, unless they are stub domains; `servers` undefined: as the cluster says. */
  readonly clusterDns:
    | { readonly domains: readonly Name[]; readonly servers: readonly Server[] | undefined }
    | undefined
  /** Rcodes that pass a question on to the next upstream. */
  readonly failover: readonly number[]
  /** Certificates, in PEM, of authorities to be trusted instead of those that Node knows. */
  readonly ca: string | undefined
  readonly randomizeCase: boolean
  /** Upstreams that are believed when they say that they have validated, as they are written. */
  readonly trustAd: readonly string[]
}

export type Blocking = 'nxdomain' | 'nodata' | 'refuse'

export interface PolicyConfig {
  readonly block: ReadonlyMap<Name, Blocking>
  readonly noAAAA: readonly Name[]
}

export interface EdnsConfig {
  /** Who we are, for clients that ask for it. */
  readonly nsid: string | undefined
  readonly cookies: ConfigFile['edns']['cookies']
  /** In hexadecimal digits; the first makes cookies. */
  readonly cookieSecrets: readonly string[]
}

/** The configuration, whole and consistent: nothing in it has to be checked again. */
export interface Config {
  readonly clusterDomain: Name
  readonly federations: ReadonlyMap<string, FederationConfig>
  readonly publicNames: ConfigFile['publicNames']
  readonly location: ConfigFile['location']
  readonly listen: readonly ListenConfig[]
  /** Who we are to clients of DNS over TLS. */
  readonly tls: TlsConfig | undefined
  readonly source: ConfigFile['source']
  readonly health: ConfigFile['health']
  readonly answers: ConfigFile['answers']
  readonly forward: ForwardConfig
  readonly cache: ConfigFile['cache']
  readonly policy: PolicyConfig
  readonly allow: ConfigFile['acl']['allow']
  readonly edns: EdnsConfig
  /** What class CH tells of us. */
  readonly chaos: ConfigFile['chaos']
  /** Of replies over UDP. */
  readonly rateLimit: ConfigFile['rateLimit']
  readonly http: Address | undefined
  readonly metrics: ConfigFile['metrics']
  /** The unix socket for operators. */
  readonly control: string | undefined
  readonly lameDuckMs: number
}
