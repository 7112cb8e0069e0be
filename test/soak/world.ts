import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { Upstream } from '../failures/upstream.ts'
import { debianProgram } from '../peers/debian.ts'
import { service, slice } from '../helpers/objects.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { parsePrometheusText } from '../observe/prometheus-text.ts'

const ROOT = join(import.meta.dirname, '../..')
const [SERVER_CORE, OUR_CORE] = [0, 1]
export const SERVICES = 50

/** A resolver alone on its core, two upstreams, and the files that it reads. */
export interface World extends AsyncDisposable {
  readonly resolver: RunningResolver
  readonly upstreams: readonly Upstream[]
  readonly folder: TemporaryFolder
  /** The value of a metric, all its labels together. */
  metrics(): Promise<(name: string) => number>
}

export async function startWorld(udp: 'auto' | 'dgram'): Promise<World> {
  await using stack = new AsyncDisposableStack()
  // All that is started from now on runs there as well.
  execFileSync(debianProgram('taskset'), ['-apc', String(OUR_CORE), String(process.pid)])
  const folder = stack.use(await temporaryFolder())
  const upstreams: Upstream[] = []
  for (const octet of [1, 2]) upstreams.push(stack.use(await Upstream.start({ behaviour: { octet } })))
  const ports = upstreams.map(({ port }) => port)
  await writeServices(folder, 0)
  const config = await folder.write('config.yaml', configuration(folder, ports, {}))
  const command = [debianProgram('taskset'), '-c', String(SERVER_CORE), process.execPath, join(ROOT, 'cmd/feddns.ts')]
  const resolver = stack.use(await startResolver({ config, command, flags: ['--udp', udp] }))
  const parts = stack.move()
  return {
    resolver,
    upstreams,
    folder,
    metrics: async () => {
      const families = parsePrometheusText(await (await fetch(`${resolver.httpUrl}/metrics`)).text())
      return (name) => [...(families.get(name)?.samples.values() ?? [])].reduce((sum, value) => sum + value, 0)
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

/** The first half of the services stays as it is; of the others each version has other addresses, or none. */
export async function writeServices(folder: TemporaryFolder, version: number): Promise<void> {
  const items = Array.from({ length: SERVICES }, (_, i) => {
    const name = `web${i}.shop`
    const isSteady = i < SERVICES / 2
    const address = `10.${isSteady ? 0 : version % 200}.0.${i + 1}`
    return isSteady || (version + i) % 3 > 0 ? [service(name, address), slice(name)] : []
  }).flat()
  await folder.replace('cluster/shop.json', { apiVersion: 'v1', kind: 'List', items })
}

/** What is asked for stays answered whatever `more` says. */
export const configuration = (folder: TemporaryFolder, upstreamPorts: readonly number[], more: object): object => ({
  federations: { fleet: 'example.com' },
  location: { zone: 'z1', region: 'r1' },
  listen: ['127.0.0.1:0'],
  http: { listen: '127.0.0.1:0' },
  source: { manifests: [folder.file('cluster')] },
  forward: { upstreams: upstreamPorts.map((port) => `127.0.0.1:${port}`) },
  lameDuck: '0s',
  ...more,
})
