import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Child, Children } from '../bench/children.ts'
import { listeningPort } from '../bench/listening-port.ts'
import { CLIENT_CORE, SERVER_CORE } from '../bench/server.ts'
import { debianProgram } from '../peers/debian.ts'

const programOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const FEDDNS = programOf('../../cmd/feddns.ts')
const UPSTREAM = programOf('../bench/wire-upstream.ts')
const OCCUPY = programOf('occupy.ts')

export type Transport = 'auto' | 'dgram'

export interface Server {
  readonly port: number
  /** A counter of its metrics, all labels together. */
  count(metric: string): Promise<number>
  end(): Promise<void>
}

/** A resolver alone on its core, and an upstream that costs little on the other. */
export async function startServer(
  children: Children,
  folder: string,
  udp: Transport,
  httpPort: number,
): Promise<Server> {
  const upstream = children.start(CLIENT_CORE, [process.execPath, UPSTREAM])
  const [upstreamPort] = (await Promise.race([once(upstream.lines, 'line'), upstream.ended])) as [string]
  const [config, manifests] = [`${folder}/feddns-${udp}.json`, `${folder}/cluster.json`]
  await writeFile(manifests, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [] }))
  const settings = {
    listen: ['127.0.0.1:0'],
    http: { listen: `127.0.0.1:${httpPort}` },
    source: { manifests: [manifests] },
    forward: { upstreams: [`127.0.0.1:${upstreamPort}`] },
    lameDuck: '0s',
  }
  await writeFile(config, JSON.stringify(settings))
  const child = children.start(SERVER_CORE, [process.execPath, FEDDNS, 'resolver', '--config', config, '--udp', udp])
  const port = await listeningPort(child)
  return {
    port,
    count: async (metric) => {
      const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text()
      const samples = [...text.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
      return samples.reduce((sum, [, value]) => sum + Number(value), 0)
    },
    end: async () => {
      await Promise.all([child.end(), upstream.end()])
    },
  }
}

/** Something that takes a share of the server's core before anybody else: less is left for the server. */
export const startOccupier = (children: Children, share: number): Child =>
  children.start(SERVER_CORE, [debianProgram('chrt'), '-f', '1', process.execPath, OCCUPY, String(share)])
