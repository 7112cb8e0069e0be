import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { binaryOf } from '../../peers/peers.ts'
import { freePort } from '../free-port.ts'
import { type Forwarder, startServer } from './forwarder.ts'

/** CoreDNS with the plugins that the usual Corefile has for names outside of the cluster. */
export const coredns: Forwarder = {
  name: 'coredns',
  version: () => execFileSync(binaryOf('coredns'), ['-version'], { encoding: 'utf8' }).split(/[-\n]/)[1] ?? 'unknown',
  start: async ({ transport }, bench) => {
    const { folder, upstream } = bench
    const [port, metricsPort] = [await freePort(), await freePort()]
    const corefile = `${folder}/Corefile`
    const options = transport === 'tcp' ? ' {\n    force_tcp\n  }' : ''
    await writeFile(corefile, textOf({ port, metricsPort, forward: `${upstream.host}:${upstream.port}${options}` }))
    const child = startServer(bench, binaryOf('coredns'), '-conf', corefile)
    return { child, port }
  },
}

const textOf = ({ port, metricsPort, forward }: { port: number; metricsPort: number; forward: string }): string => `
.:${port} {
  bind 127.0.0.1
  errors
  prometheus 127.0.0.1:${metricsPort}
  forward . ${forward}
  cache 30
  loop
  reload
  loadbalance
}
`
