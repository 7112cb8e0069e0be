import { FEDERATION, LOCATION } from './scenarios.ts'

const { zone, region, domain } = LOCATION
const publicName = (level: string) => `elsewhere.mynamespace.${FEDERATION}.svc.${level}.${domain}`

/** What the upstream knows: owner, type, data. Whatever else it is asked does not exist. */
export const UPSTREAM_RECORDS: readonly (readonly [owner: string, type: 'A' | 'CNAME', data: string])[] = [
  ['www.example.org', 'A', '192.0.2.80'],
  // For the peers, which know nothing of federations: the link that feddns authors.
  [`elsewhere.mynamespace.${FEDERATION}.svc.cluster.local`, 'CNAME', publicName(zone)],
  [publicName(zone), 'CNAME', publicName(region)],
  [publicName(region), 'A', '203.0.113.1'],
  [publicName(region), 'A', '203.0.113.2'],
  [publicName(region), 'A', '203.0.113.3'],
]
