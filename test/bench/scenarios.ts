/** One question that every server is asked again and again, and what has to be known to answer it. */
export interface Scenario {
  readonly id: 'federated-local' | 'federated-redirect' | 'cached-forward' | 'nxdomain'
  readonly title: string
  /** The name that is asked, for A. */
  readonly name: string
  readonly rcode: 'NOERROR' | 'NXDOMAIN'
  /** The types in the answer section, in order. */
  readonly answer: readonly string[]
  /** How the peers come by the same answer: from data of their own, or from the upstream once and then the cache. */
  readonly peers: 'local' | 'cached'
  /** What the numbers do not say by themselves. */
  readonly note: string
}

export const FEDERATION = 'myfederation'
export const LOCATION = { zone: 'us-central1-f', region: 'us-central1', domain: 'example.com' }
/** The Service that the node's own cluster has, and the cluster's address of it. */
export const LOCAL_SERVICE = { service: 'nginx', namespace: 'mynamespace', address: '10.0.0.10' }

const federatedName = (service: string) => `${service}.mynamespace.${FEDERATION}.svc.cluster.local`

export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'federated-local',
    title: 'federated local',
    name: federatedName('nginx'),
    rcode: 'NOERROR',
    answer: ['CNAME', 'A'],
    peers: 'local',
    note: 'unbound answers from an auth-zone: its local-data does not follow a CNAME; dnsmasq from --cname and --host-record',
  },
  {
    id: 'federated-redirect',
    title: 'federated redirect',
    name: federatedName('elsewhere'),
    rcode: 'NOERROR',
    answer: ['CNAME', 'CNAME', 'A', 'A', 'A'],
    peers: 'cached',
    note: 'the peers have the whole chain from the upstream, in their caches',
  },
  {
    id: 'cached-forward',
    title: 'cached forward',
    name: 'www.example.org',
    rcode: 'NOERROR',
    answer: ['A'],
    peers: 'cached',
    note: 'all three have it from the upstream, in their caches',
  },
  {
    id: 'nxdomain',
    title: 'NXDOMAIN of a search candidate',
    name: `nginx.mynamespace.${FEDERATION}.default.svc.cluster.local`,
    rcode: 'NXDOMAIN',
    answer: [],
    peers: 'cached',
    note: 'the peers have it from the upstream, in their caches',
  },
]
