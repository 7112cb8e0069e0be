import type { Name } from '../dns/name.ts'

/** How the levels above a Service's public name are written: see `public-name.ts`. */
export type PublicNamesForm = 'zone' | 'zone.region'

export interface Federation {
  readonly name: string
  /** Where its public names are. */
  readonly domain: Name
  /** Whether `<fed>.` is a zone of ours, so that the short form is answered. */
  readonly bare: boolean
}

export interface FederationSettings {
  readonly clusterDomain: Name
  readonly federations: ReadonlyMap<string, Federation>
  readonly publicNames: PublicNamesForm
  /** TTL of what we author, negative answers included. */
  readonly ttlSeconds: number
  /** No TTL in a redirect is larger. */
  readonly redirectTtlSeconds: number
  readonly style: 'cname' | 'flat'
  /** Serial number in the SOA of our zones. */
  readonly serial: number
}
