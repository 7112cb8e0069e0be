import { writeFile } from 'node:fs/promises'
import { type LoopbackUpstream, loopbackUpstream } from '../../helpers/loopback-upstream.ts'
import { zoneUpstream } from '../../helpers/zone-upstream.ts'
import { askUdp, type Server } from '../../helpers/dns-client.ts'
import { binaryOf } from '../../peers/peers.ts'
import type { Children } from '../children.ts'
import { freePort } from '../free-port.ts'
import { SERVER_CORE } from '../server.ts'
import { answering } from './answering.ts'

const HOST = '127.0.0.1'
const TTL_SECONDS = 300

/** A CoreDNS as clusters have it, with the world behind it; both note what they are asked. */
export interface Cluster extends AsyncDisposable {
  /** Where to ask the cluster DNS. */
  readonly dns: LoopbackUpstream
  readonly outside: LoopbackUpstream
}

/** `names` are those that the world knows, each with an address of both families. */
export async function startCluster(names: readonly string[], children: Children, folder: string): Promise<Cluster> {
  await using stack = new AsyncDisposableStack()
  const records = names.flatMap((name) => [
    `${name} ${TTL_SECONDS} A 192.0.2.80`,
    `${name} ${TTL_SECONDS} AAAA 2001:db8::80`,
  ])
  const outside = stack.use(await zoneUpstream(records))
  const [port, metricsPort] = [await freePort(), await freePort()]
  const [corefile, zoneFile] = [`${folder}/Corefile`, `${folder}/cluster.local.zone`]
  await writeFile(zoneFile, ZONE)
  await writeFile(corefile, corefileOf({ port, metricsPort, zoneFile, outside: `${HOST}:${outside.port}` }))
  const child = children.start(SERVER_CORE, [binaryOf('coredns'), '-conf', corefile])
  stack.defer(() => child.end())
  const server: Server = { host: HOST, port }
  await answering(server, 'kubernetes.default.svc.cluster.local', child)
  const dns = stack.use(await loopbackUpstream(async (query) => [await askUdp(server, query)]))
  outside.asked.length = 0
  const kept = stack.move()
  return { dns, outside, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

// The plugin `kubernetes` needs an API server. What it has is good for 5 s, and so is its denial; as in this zone.
const ZONE = `
$ORIGIN cluster.local.
$TTL 5
@ SOA ns.dns hostmaster 1 7200 1800 86400 5
@ NS ns.dns
ns.dns A 10.96.0.10
kubernetes.default.svc A 10.96.0.1
`

interface Parts {
  readonly port: number
  readonly metricsPort: number
  readonly zoneFile: string
  readonly outside: string
}

const corefileOf = ({ port, metricsPort, zoneFile, outside }: Parts): string => `
.:${port} {
  bind ${HOST}
  errors
  file ${zoneFile} cluster.local
  prometheus ${HOST}:${metricsPort}
  forward . ${outside} {
    max_concurrent 1000
  }
  cache 30
  reload
  loadbalance
}
`
