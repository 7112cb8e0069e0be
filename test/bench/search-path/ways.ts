import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Server } from '../../helpers/dns-client.ts'
import { binaryOf } from '../../peers/peers.ts'
import type { Children } from '../children.ts'
import { freePort } from '../free-port.ts'
import { listeningPort } from '../listening-port.ts'
import { SERVER_CORE } from '../server.ts'
import { answering } from './answering.ts'
import type { Cluster } from './cluster.ts'

const PROGRAM = fileURLToPath(new URL('../../../cmd/feddns.ts', import.meta.url))
const HOST = '127.0.0.1'

/** Whom a pod asks. */
export interface Way {
  readonly title: string
  start(cluster: Cluster, children: Children, folder: string): Promise<Server>
}

export const WAYS: readonly Way[] = [
  { title: 'feddns', start: startFeddns },
  { title: 'NodeLocal DNSCache', start: startNodeLocal },
  { title: 'the cluster DNS itself', start: async ({ dns }) => dns },
]

async function startFeddns({ dns, outside }: Cluster, children: Children, folder: string): Promise<Server> {
  const [config, manifests] = [`${folder}/feddns.json`, `${folder}/cluster.json`]
  await writeFile(manifests, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [] }))
  const settings = {
    listen: [`${HOST}:0`],
    http: { listen: `${HOST}:0` },
    source: { manifests: [manifests] },
    clusterDNS: [`${HOST}:${dns.port}`],
    forward: { upstreams: [`${HOST}:${outside.port}`] },
    lameDuck: '0s',
  }
  await writeFile(config, JSON.stringify(settings))
  const child = children.start(SERVER_CORE, [process.execPath, PROGRAM, 'resolver', '--config', config])
  return { host: HOST, port: await listeningPort(child) }
}

async function startNodeLocal({ dns, outside }: Cluster, children: Children, folder: string): Promise<Server> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const corefile = `${folder}/Corefile.node`
  const parts = { port, metricsPort, cluster: `${HOST}:${dns.port}`, outside: `${HOST}:${outside.port}` }
  await writeFile(corefile, nodeLocalCorefile(parts))
  const child = children.start(SERVER_CORE, [binaryOf('coredns'), '-conf', corefile])
  const server = { host: HOST, port }
  await answering(server, 'ready.cluster.local', child)
  return server
}

interface Parts {
  readonly port: number
  readonly metricsPort: number
  readonly cluster: string
  readonly outside: string
}

// As in cluster/addons/dns/nodelocaldns of Kubernetes; `loop` is left out, as it asks a question of its own.
const nodeLocalCorefile = ({ port, metricsPort, cluster, outside }: Parts): string => `
cluster.local:${port} {
  errors
  cache {
    success 9984 30
    denial 9984 5
  }
  reload
  bind ${HOST}
  forward . ${cluster} {
    force_tcp
  }
  prometheus ${HOST}:${metricsPort}
}
.:${port} {
  errors
  cache 30
  reload
  bind ${HOST}
  forward . ${outside}
  prometheus ${HOST}:${metricsPort}
}
`
