import { freePort } from '../bench/free-port.ts'
import { UdpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { queryPacket } from '../helpers/packets.ts'
import { startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { debianProgram } from '../peers/debian.ts'
import { PeerProcess } from './peer-process.ts'
import { type Zone, zoneText } from './zone.ts'

const HOST = '127.0.0.1'
const TRIES = 5
// NSD has no records of it, and answers SERVFAIL.
const BROKEN_ZONE = 'broken.tld.'
const SOA = 6
const ATTEMPT_MS = 200

/** The ports of 127.0.0.1 at which each of the three answers, over UDP and TCP. */
export interface Servers extends AsyncDisposable {
  /** NSD, which has the zones. */
  readonly source: number
  /** Unbound, which forwards to it. */
  readonly unbound: number
  /** What is tested, which forwards to it as well. */
  readonly ours: number
}

export async function startServers(zones: readonly Zone[]): Promise<Servers> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  for (const [i, zone] of zones.entries()) await folder.write(`zones/${i}`, zoneText(zone))
  const source = await started('nsd', stack, async (port) => {
    const config = await folder.write('nsd.conf', nsdConfig(port, folder, zones))
    return [debianProgram('nsd'), '-d', '-c', config]
  })
  const unbound = await started('unbound', stack, async (port) => {
    const config = await folder.write('unbound.conf', unboundConfig(port, folder, source))
    return [debianProgram('unbound'), '-d', '-c', config]
  })
  const resolver = stack.use(await startResolver({ config: await resolverConfig(folder, source) }))
  const moved = stack.move()
  return { source, unbound, ours: resolver.port, [Symbol.asyncDispose]: () => moved.disposeAsync() }
}

/** Starts it on a free port, on another one if somebody took that meanwhile, and waits until it answers. */
async function started(
  name: string,
  stack: AsyncDisposableStack,
  command: (port: number) => Promise<[string, ...string[]]>,
): Promise<number> {
  for (let left = TRIES; ; left--) {
    const port = await freePort()
    const peer = new PeerProcess(await command(port))
    const answers = eventually(async () => {
      if (peer.hasEnded) return
      await using client = await UdpClient.open({ host: HOST, port })
      client.send(queryPacket('shop.tld', { type: SOA }))
      await client.next(ATTEMPT_MS)
    })
    const isUp = await answers.then(
      () => !peer.hasEnded,
      () => false,
    )
    if (isUp) {
      stack.use(peer)
      return port
    }
    await peer[Symbol.asyncDispose]()
    if (left === 0) throw new Error(`${name} does not start: ${peer.written}`)
  }
}

const nsdConfig = (port: number, { path }: TemporaryFolder, zones: readonly Zone[]): string => `
server:
  ip-address: ${HOST}@${port}
  username: ""
  zonesdir: "${path}/zones"
  zonelistfile: "${path}/zone.list"
  xfrdfile: "${path}/xfrd.state"
  xfrdir: "${path}"
  database: ""
  pidfile: ""
  server-count: 1
  tcp-count: 400
  verbosity: 0
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "${BROKEN_ZONE}"
  zonefile: "${path}/zones/none"
${zones.map(({ origin }, i) => `zone:\n  name: "${origin}"\n  zonefile: "${path}/zones/${i}"\n`).join('')}
`

// It says all it has (minimal-responses), tells what it has to those who ask without RD (allow_snoop), and knows no
// names of a private network but those of the source. The zones are not really signed, so nothing is validated.
const unboundConfig = (port: number, { path }: TemporaryFolder, upstreamPort: number): string => `
server:
  interface: ${HOST}
  port: ${port}
  num-threads: 1
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow_snoop
  do-not-query-localhost: no
  do-ip6: no
  edns-buffer-size: 1232
  max-udp-size: 1232
  minimal-responses: no
  rrset-roundrobin: no
  qname-minimisation: no
  serve-expired: no
  harden-below-nxdomain: no
  ede: yes
  unblock-lan-zones: yes
  insecure-lan-zones: yes
${PRIVATE_NAMES.map((name) => `  local-zone: "${name}" nodefault\n`).join('')}
  msg-cache-size: 64m
  rrset-cache-size: 128m
  incoming-num-tcp: 100
  outgoing-num-tcp: 100
  username: ""
  chroot: ""
  directory: "${path}"
  pidfile: ""
  use-syslog: no
  verbosity: 0
forward-zone:
  name: "."
  forward-addr: ${HOST}@${upstreamPort}
`

// Zones of its own by default. Those of names that mean the same everywhere it keeps, as we do.
const PRIVATE_NAMES = ['127.in-addr.arpa.', 'test.', 'home.arpa.']

async function resolverConfig(folder: TemporaryFolder, upstreamPort: number): Promise<string> {
  await folder.write('cluster/none.yaml', '')
  return folder.write('feddns.yaml', {
    listen: [`${HOST}:0`],
    source: { manifests: [folder.file('cluster')] },
    clusterDNS: 'off',
    forward: { upstreams: [`${HOST}:${upstreamPort}`] },
    cache: { entries: 50_000 },
    lameDuck: '0s',
  })
}
