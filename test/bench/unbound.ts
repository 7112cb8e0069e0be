import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { freePort } from './free-port.ts'
import { FEDERATION, LOCAL_SERVICE } from './scenarios.ts'
import { SERVER_CORE, type Server } from './server.ts'

/** Unbound with one thread and its statistics on; no DNSSEC, which feddns leaves to others, and no logging. */
export const unbound: Server = {
  name: 'unbound',
  version: ({ unbound }) => firstVersion(execFileSync(unbound, ['-V'], { encoding: 'utf8' })),
  start: async (scenario, { children, programs, folder, upstreamPort }) => {
    const port = await freePort()
    const config = `${folder}/unbound.conf`
    const zoneFile = `${folder}/svc.cluster.local.zone`
    await writeFile(zoneFile, ZONE)
    const localData = scenario.peers === 'local' ? authZone(zoneFile) : ''
    await writeFile(config, configuration(port, upstreamPort) + localData)
    return { child: children.start(SERVER_CORE, [programs.unbound, '-d', '-c', config]), port }
  },
}

const firstVersion = (text: string): string => /\d+(\.\d+)+/.exec(text)?.[0] ?? 'unknown'

const configuration = (port: number, upstreamPort: number): string => `
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
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstreamPort}
`

// A zone follows its CNAMEs, which local-data does not.
const authZone = (zoneFile: string): string => `
auth-zone:
  name: "svc.cluster.local"
  zonefile: "${zoneFile}"
  for-downstream: yes
  for-upstream: no
`

const { service, namespace, address } = LOCAL_SERVICE
const ZONE = `
$ORIGIN svc.cluster.local.
$TTL 5
@ SOA ns.dns hostmaster 1 7200 1800 86400 5
@ NS ns.dns
${service}.${namespace}.${FEDERATION} CNAME ${service}.${namespace}
${service}.${namespace} A ${address}
`
