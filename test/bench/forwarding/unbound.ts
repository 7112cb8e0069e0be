import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { debianProgram } from '../../peers/debian.ts'
import { freePort } from '../free-port.ts'
import { type Bench, type Forwarder, startServer } from './forwarder.ts'
import type { Scenario } from './scenarios.ts'

/** Unbound as in `npm run bench`, with as many sockets as there are questions under way. */
export const unbound: Forwarder = {
  name: 'unbound',
  version: () =>
    /\d+(\.\d+)+/.exec(execFileSync(debianProgram('unbound'), ['-V'], { encoding: 'utf8' }))?.[0] ?? 'unknown',
  start: async ({ transport }, bench) => {
    const port = await freePort()
    const config = `${bench.folder}/unbound.conf`
    await writeFile(config, configuration(port, transport, bench.upstream))
    return { child: startServer(bench, debianProgram('unbound'), '-d', '-c', config), port }
  },
}

const configuration = (port: number, transport: Scenario['transport'], upstream: Bench['upstream']): string => `
server:
  interface: 127.0.0.1
  port: ${port}
  num-threads: 1
  extended-statistics: yes
  module-config: "iterator"
  do-not-query-localhost: no
  do-ip6: no
  username: ""
  chroot: ""
  directory: ""
  pidfile: ""
  use-syslog: no
  verbosity: 0
  outgoing-range: 1000
  num-queries-per-thread: 500
  outgoing-num-tcp: 100
  tcp-upstream: ${transport === 'tcp' ? 'yes' : 'no'}
forward-zone:
  name: "."
  forward-addr: ${upstream.host}@${upstream.port}
`
