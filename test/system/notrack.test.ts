import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { missing, skipFor } from '../peers/missing.ts'
import { NetworkNamespace, namespacesLack } from '../peers/network-namespace.ts'

const ROOT = join(import.meta.dirname, '../..')
const RULES = join(ROOT, 'manifests/notrack.nft')
const UPSTREAM = join(ROOT, 'test/bench/wire-upstream.ts')
const QUESTIONS = 200

const PROGRAMS = ['leash', 'conntrack', 'dig', 'ip', 'nft', 'nsenter', 'sysctl', 'unshare'] as const
const skip = skipFor(namespacesLack()) ?? missing(...PROGRAMS) ?? false

const FAMILIES = [
  { title: 'IPv4', set: 'upstreams4', node: '10.77.0.1/30', server: '10.77.0.2/30', family: 'ipv4', host: '10.77.0.2' },
  {
    title: 'IPv6',
    set: 'upstreams6',
    node: 'fd00:77::1/64',
    server: 'fd00:77::2/64',
    family: 'ipv6',
    host: 'fd00:77::2',
  },
] as const

type Family = (typeof FAMILIES)[number]

/** A node whose packets are tracked, as those of a node with kube-proxy are, and an upstream beside it. */
async function nodeWithUpstream({ node, server, host }: Family) {
  await using stack = new AsyncDisposableStack()
  const [network, beside] = [stack.use(await NetworkNamespace.open()), stack.use(await NetworkNamespace.open())]
  NetworkNamespace.join('uplink', { of: network, addresses: [node] }, { of: beside, addresses: [server] })
  network.run('nft', 'add table inet node; add chain inet node input { type filter hook input priority filter; }')
  network.run('nft', 'add rule inet node input ct state established,related,untracked accept')
  const [program, ...args] = beside.command(process.execPath, UPSTREAM, '53', host)
  const upstream = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  stack.defer(() => ended(upstream))
  await once(upstream.stdout, 'data')
  const kept = stack.move()
  return { network, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function load({ set, host }: Family, network: NetworkNamespace): void {
  network.run('nft', '--file', RULES)
  network.run('nft', `add element inet feddns ${set} { ${host} }`)
}

/** Asks a resolver on the node for many names; how many of its own questions the node tracks then. */
async function trackedAfterMisses({ host, family }: Family, network: NetworkNamespace, folder: TemporaryFolder) {
  const upstream = host.includes(':') ? `[${host}]:53` : `${host}:53`
  await folder.write('cluster/none.json', { apiVersion: 'v1', kind: 'List', items: [] })
  const config = await folder.write('feddns.json', {
    listen: ['127.0.0.1:0'],
    source: { manifests: [folder.file('cluster')] },
    forward: { upstreams: [upstream] },
  })
  const command = network.command(process.execPath, join(ROOT, 'cmd/feddns.ts'))
  await using resolver = await startResolver({ config, command })
  const names = Array.from({ length: QUESTIONS }, (_, i) => `n${i}.example.org A\n`)
  const file = await folder.write('names', names.join(''))
  const answers = network.run('dig', '@127.0.0.1', '-p', String(resolver.port), '+short', '-f', file)
  assert.equal(answers, '192.0.2.80\n'.repeat(QUESTIONS))
  const entries = network.run('conntrack', '--dump', '--family', family, '--proto', 'udp', '--orig-dst', host)
  return entries.split('\n').filter((line) => line.startsWith('udp')).length
}

for (const family of FAMILIES) {
  test(`${family.title}: misses are tracked one by one, and not at all with the rules`, { skip }, async () => {
    await using folder = await temporaryFolder()
    await using node = await nodeWithUpstream(family)
    // Each from a port of its own, but for a few that happen on the same one.
    assert.ok((await trackedAfterMisses(family, node.network, folder)) > QUESTIONS / 2)
    node.network.run('conntrack', '--flush')
    load(family, node.network)
    assert.equal(await trackedAfterMisses(family, node.network, folder), 0)
  })
}

test('the rules can be loaded again, and taken away', { skip }, async () => {
  await using network = await NetworkNamespace.open()
  network.run('nft', '--file', RULES)
  const once = network.run('nft', 'list', 'ruleset')
  network.run('nft', '--file', RULES)
  assert.equal(network.run('nft', 'list', 'ruleset'), once)
  network.run('nft', 'delete', 'table', 'inet', 'feddns')
  assert.equal(network.run('nft', 'list', 'ruleset'), '')
})

test('with the rules, a pod that asks the same upstream in the name of the node has its reply', { skip }, async () => {
  const [family] = FAMILIES
  await using node = await nodeWithUpstream(family)
  const { network } = node
  await using pod = await NetworkNamespace.open()
  NetworkNamespace.join('pod', { of: network, addresses: ['10.78.0.1/30'] }, { of: pod, addresses: ['10.78.0.2/30'] })
  pod.run('ip', 'route', 'add', 'default', 'via', '10.78.0.1')
  network.run('sysctl', '--write', 'net.ipv4.ip_forward=1')
  network.run('nft', 'add table inet pods')
  network.run('nft', 'add chain inet pods out { type nat hook postrouting priority srcnat; }')
  network.run('nft', 'add rule inet pods out oifname uplink masquerade')
  load(family, network)
  assert.equal(pod.run('dig', '+short', '+tries=2', `@${family.host}`, 'www.example.org').trim(), '192.0.2.80')
})
