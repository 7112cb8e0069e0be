import { execFileSync } from 'node:child_process'
import { freePort } from './free-port.ts'
import { LOCAL_SERVICE, type Scenario } from './scenarios.ts'
import { SERVER_CORE, type Server } from './server.ts'

/** dnsmasq with a cache that holds everything, and no logging. It counts its queries in any case. */
export const dnsmasq: Server = {
  name: 'dnsmasq',
  version: ({ dnsmasq }) =>
    /version (\S+)/.exec(execFileSync(dnsmasq, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown',
  start: async (scenario, { children, programs, upstreamPort }) => {
    const port = await freePort()
    const args = [
      ...GENERAL,
      ...asRoot(),
      `--port=${port}`,
      `--server=127.0.0.1#${upstreamPort}`,
      ...localData(scenario),
    ]
    return { child: children.start(SERVER_CORE, [programs.dnsmasq, ...args]), port }
  },
}

const GENERAL = [
  '--keep-in-foreground',
  '--conf-file=/dev/null',
  '--pid-file=',
  '--listen-address=127.0.0.1',
  '--bind-interfaces',
  '--no-resolv',
  '--no-hosts',
  '--no-poll',
  '--cache-size=10000',
]

// Root would change to a user who may not exist.
const asRoot = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : [])

function localData({ peers, name }: Scenario): string[] {
  if (peers === 'cached') return []
  const target = `${LOCAL_SERVICE.service}.${LOCAL_SERVICE.namespace}.svc.cluster.local`
  return [`--host-record=${target},${LOCAL_SERVICE.address}`, `--cname=${name},${target}`, '--local-ttl=5']
}
