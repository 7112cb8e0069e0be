import type { Directory } from '../../lib/cluster/directory.ts'
import type { Shard } from '../../lib/cluster/shard.ts'
import type { Address } from '../../lib/config/address.ts'
import { plainServer, type Server } from '../../lib/config/server.ts'

/** The Service of the cluster DNS, whatever it is made of: all installers keep the name (kubernetes/dns). */
export const CLUSTER_DNS = { namespace: 'kube-system', name: 'kube-dns' }

const DNS_PORT = 53

/** The pods of the cluster DNS as they are now, without addresses that we listen on ourselves. */
export function clusterDnsServers(directory: Directory, listen: readonly Address[]): () => readonly Server[] {
  let seen: Shard | undefined
  let servers: readonly Server[] = []
  return () => {
    const shard = directory.shard(CLUSTER_DNS.namespace, CLUSTER_DNS.name)
    if (shard !== seen) {
      seen = shard
      servers = (shard === undefined ? [] : serversOf(shard)).filter((server) => !listen.some(isSame(server)))
    }
    return servers
  }
}

// The port of the pod may be another than that of the Service.
const serversOf = ({ ready }: Shard): Server[] =>
  ready.map(({ address, ports }) => {
    const udp = ports.filter(({ protocol }) => protocol === 'udp')
    const port = (udp.find(({ name }) => name === 'dns') ?? udp[0])?.port ?? DNS_PORT
    return plainServer({ host: address, port })
  })

const isSame =
  (server: Address) =>
  ({ host, port }: Address): boolean =>
    host === server.host && port === server.port
