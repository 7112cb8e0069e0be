import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { version } from '../../../cmd/version.ts'
import { listeningPort } from '../listening-port.ts'
import { type Forwarder, startServer } from './forwarder.ts'

const PROGRAM = fileURLToPath(new URL('../../../cmd/feddns.ts', import.meta.url))

/** The resolver as it runs from a checkout, of an empty cluster, with its metrics on and all else as it comes. */
export const feddns: Forwarder = {
  name: 'feddns',
  version: () => version,
  start: async ({ transport }, bench) => {
    const { folder, upstream } = bench
    const [config, manifests] = [`${folder}/feddns.json`, `${folder}/cluster.json`]
    const address = `${upstream.host}:${upstream.port}`
    await writeFile(manifests, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [] }))
    const settings = {
      listen: ['127.0.0.1:0'],
      http: { listen: '127.0.0.1:0' },
      source: { manifests: [manifests] },
      forward: { upstreams: [transport === 'tcp' ? `tcp://${address}` : address] },
      lameDuck: '0s',
    }
    await writeFile(config, JSON.stringify(settings))
    const child = startServer(bench, process.execPath, PROGRAM, 'resolver', '--config', config)
    return { child, port: await listeningPort(child) }
  },
}
