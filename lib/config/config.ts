import type { Name } from '../dns/name.ts'
import type { Address } from './address.ts'
import type { FederationConfig } from './federations.ts'
import type { ConfigFile } from './schema.ts'

/** The configuration, whole and consistent: nothing in it has to be checked again. */
export interface Config {
  readonly clusterDomain: Name
  readonly federations: ReadonlyMap<string, FederationConfig>
  readonly publicNames: ConfigFile['publicNames']
  readonly location: ConfigFile['location']
  readonly listen: readonly Address[]
  readonly source: ConfigFile['source']
  readonly health: ConfigFile['health']
  readonly answers: ConfigFile['answers']
  readonly upstreams: readonly Address[]
  /** A domain without servers of its own has no entry. */
  readonly stubDomains: ReadonlyMap<Name, readonly Address[]>
  readonly cacheEntries: number
  readonly allow: ConfigFile['acl']['allow']
  readonly http: Address | undefined
  readonly lameDuckMs: number
}
