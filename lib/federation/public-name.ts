import type { Location } from '../cluster/location.ts'
import { type Name, nameOf } from '../dns/name.ts'
import type { Federation, PublicNamesForm } from './settings.ts'

interface FederatedService {
  readonly service: string
  readonly namespace: string
  readonly federation: Federation
}

/**
 * The public names of a Service, the most precise first, the global one last. A name that does not fit into 255 octets
 * is left out; so is a zone called like its region, and, in the form `zone.region`, a zone without a region.
 *
 *     zone          <svc>.<ns>.<fed>.svc.<zone>.<domain>            as documented
 *     zone.region   <svc>.<ns>.<fed>.svc.<zone>.<region>.<domain>   as kube-dns and Federation v1 had it
 *     (region)      <svc>.<ns>.<fed>.svc.<region>.<domain>
 *     (global)      <svc>.<ns>.<fed>.svc.<domain>
 */
export function publicNames(of: FederatedService, location: Location, form: PublicNamesForm): Name[] {
  return levels(location, form).flatMap((level) => {
    try {
      return [nameOf([of.service, of.namespace, of.federation.name, 'svc', ...level], of.federation.domain)]
    } catch (error) {
      if (error instanceof RangeError) return []
      throw error
    }
  })
}

function levels({ zone, region }: Location, form: PublicNamesForm): string[][] {
  const all: string[][] = []
  if (zone !== undefined && zone !== region) {
    if (form === 'zone') all.push([zone])
    else if (region !== undefined) all.push([zone, region])
  }
  if (region !== undefined) all.push([region])
  return [...all, []]
}
