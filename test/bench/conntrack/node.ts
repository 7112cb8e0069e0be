import { mkdir } from 'node:fs/promises'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { debianProgram } from '../../peers/debian.ts'
import { NetworkNamespace } from '../../peers/network-namespace.ts'
import type { Children } from '../children.ts'
import { writeNewNames } from '../forwarding/queries.ts'
import { CLIENT_CORE } from '../server.ts'
import { type Load, parseReport } from '../dnsperf.ts'
import type { Case } from './cases.ts'

const UPSTREAM = fileURLToPath(new URL('../wire-upstream.ts', import.meta.url))
const RULES = fileURLToPath(new URL('../../../manifests/notrack.nft', import.meta.url))
const SERVER = { host: '10.77.0.2', port: 53 }

/** A node of its own network, and its forwarder. */
export interface Node extends AsyncDisposable {
  readonly title: string
  /** Asks it as the load says; once. */
  ask(): Promise<Load>
  /** How many entries its connection tracking has now. */
  tracked(): number
}

interface Means {
  readonly children: Children
  readonly folder: string
  /** How many names are asked for in a second, none of them twice, and for how long. */
  readonly perSecond: number
  readonly seconds: number
}

/** Starts the forwarder of a case on a node, and its upstream beside the node. */
export async function startNode(of: Case, { children, folder, perSecond, seconds }: Means): Promise<Node> {
  await using stack = new AsyncDisposableStack()
  const [network, upstream] = [stack.use(await NetworkNamespace.open()), stack.use(await NetworkNamespace.open())]
  const ends = [
    { of: network, addresses: ['10.77.0.1/30'] },
    { of: upstream, addresses: [`${SERVER.host}/30`] },
  ] as const
  NetworkNamespace.join('uplink', ...ends)
  trackAsNodesDo(network, of.notrack)
  await startUpstream(upstream, children)
  await mkdir(folder)
  const command = network.command.bind(network)
  const running = await of.forwarder.start(of, { children, folder, upstream: SERVER, command })
  stack.defer(() => running.child.end())
  const names = `${folder}/names`
  await writeNewNames(names, 2 * perSecond * seconds)
  const target = `-s 127.0.0.1 -p ${running.port} -d ${names}`
  const load = `-c 4 -T 1 -q 1000 -Q ${perSecond} -l ${seconds}`
  const dnsperf = network.command(debianProgram('dnsperf'), ...`${target} ${load}`.split(' '))
  const kept = stack.move()
  return {
    title: of.title,
    ask: async () => parseReport(await Promise.race([children.run(CLIENT_CORE, dnsperf), running.child.ended])),
    tracked: () => Number(network.run('conntrack', '--count')),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

// All packets are tracked as soon as there is a rule that asks for the state of some, such as those of kube-proxy.
function trackAsNodesDo(network: NetworkNamespace, notrack: boolean): void {
  network.run('nft', 'add table inet node; add chain inet node input { type filter hook input priority filter; }')
  network.run('nft', 'add rule inet node input ct state established,related,untracked accept')
  if (!notrack) return
  network.run('nft', '--file', RULES)
  network.run('nft', `add element inet feddns upstreams4 { ${SERVER.host} }`)
}

async function startUpstream(network: NetworkNamespace, children: Children): Promise<void> {
  const command = network.command(process.execPath, UPSTREAM, String(SERVER.port), SERVER.host)
  const child = children.start(CLIENT_CORE, command)
  await Promise.race([once(child.lines, 'line'), child.ended])
}
