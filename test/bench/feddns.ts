import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { version } from '../../cmd/version.ts'
import { listeningPort } from './listening-port.ts'
import { FEDERATION, LOCAL_SERVICE, LOCATION } from './scenarios.ts'
import { type Bench, type RunningServer, SERVER_CORE, type Server } from './server.ts'

const PROGRAM = fileURLToPath(new URL('../../cmd/feddns.ts', import.meta.url))

/** The resolver as it runs from a checkout, with its metrics on; the cluster is a file. */
export const feddns = resolver('feddns')

/** The same, as where the system's own calls cannot be made. */
export const feddnsDgram = resolver('feddns-dgram', '--udp', 'dgram')

function resolver(name: Server['name'], ...flags: readonly string[]): Server {
  return { name, version: () => version, start: (_scenario, bench) => startResolver(bench, flags) }
}

async function startResolver(
  { children, folder, upstreamPort }: Bench,
  flags: readonly string[],
): Promise<RunningServer> {
  const config = `${folder}/feddns.yaml`
  const manifests = `${folder}/cluster.json`
  await writeFile(manifests, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: clusterObjects() }))
  await writeFile(config, configuration(manifests, upstreamPort))
  const child = children.start(SERVER_CORE, [process.execPath, PROGRAM, 'resolver', '--config', config, ...flags])
  return { child, port: await listeningPort(child) }
}

const configuration = (manifests: string, upstreamPort: number): string => `
federations: { ${FEDERATION}: ${LOCATION.domain} }
location: { zone: ${LOCATION.zone}, region: ${LOCATION.region} }
listen: ["127.0.0.1:0"]
http: { listen: "127.0.0.1:0" }
source: { manifests: ["${manifests}"] }
forward: { upstreams: ["127.0.0.1:${upstreamPort}"] }
lameDuck: 0s
`

function clusterObjects(): readonly object[] {
  const { service, namespace, address } = LOCAL_SERVICE
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }]
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: service, namespace },
      spec: { type: 'ClusterIP', clusterIP: address, clusterIPs: [address], ports },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${service}-1`, namespace, labels: { 'kubernetes.io/service-name': service } },
      addressType: 'IPv4',
      ports,
      endpoints: [{ addresses: ['10.4.0.7'], conditions: { ready: true } }],
    },
  ]
}
