import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { missing, skipFor } from '../peers/missing.ts'
import { NetworkNamespace, namespacesLack } from '../peers/network-namespace.ts'

const SCRIPT = join(import.meta.dirname, 'refusing-system.ts')
const skip = skipFor(namespacesLack()) ?? missing('leash', 'ip', 'nft', 'nsenter', 'sysctl', 'unshare') ?? false

const run = ([command, ...args]: readonly [string, ...string[]]): unknown =>
  JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 }))

const inside = (network: NetworkNamespace, ...args: readonly string[]): unknown =>
  run(network.command(process.execPath, SCRIPT, ...args))

test('where there are no more descriptors, that is an error, and those that were given go on', () => {
  const result = run(['/bin/sh', '-c', 'ulimit -n 100; exec "$0" "$@"', process.execPath, SCRIPT, 'exhaust'])
  const { open, ...rest } = result as { open: number }
  assert.deepEqual(rest, { code: 'EMFILE', after: 'none', inUse: 0 })
  assert.ok(open > 20 && open < 100)
})

test('where there are no more ports, that is an error, and one given back is there for the next', {
  skip,
}, async () => {
  await using network = await NetworkNamespace.open()
  network.run('sysctl', '-q', '-w', 'net.ipv4.ip_local_port_range=40000 40009')
  for (const host of ['127.0.0.1', '::1']) {
    assert.deepEqual(inside(network, 'exhaust', host), { open: 10, code: 'EAGAIN', after: 'none', inUse: 0 })
  }
})

test('where there is no way to a server, or a filter before it, that is an error', { skip }, async () => {
  await using network = await NetworkNamespace.open()
  assert.equal(inside(network, 'ask', '198.51.100.1'), 'ENETUNREACH')
  assert.equal(inside(network, 'ask', '2001:db8::1'), 'ENETUNREACH')
  network.run('nft', 'add table inet t; add chain inet t o { type filter hook output priority 0; }')
  network.run('nft', 'add rule inet t o udp dport 5353 drop')
  assert.equal(inside(network, 'ask', '127.0.0.1', '5353'), 'EPERM')
  assert.equal(inside(network, 'ask', '127.0.0.1', '5354'), 'none')
})

test('addresses of a link are listened on, asked from and asked with their scope', { skip }, async () => {
  await using network = await NetworkNamespace.open()
  await using other = await NetworkNamespace.open()
  const [one, two] = [
    { of: network, addresses: ['fe80::1/64'] },
    { of: other, addresses: ['fe80::2/64'] },
  ]
  NetworkNamespace.join('link0', one, two)
  const host = 'fe80::1%link0'
  assert.deepEqual(inside(network, 'echo', host), { reply: 'hello', clients: [host], errors: [] })
  assert.equal(inside(network, 'dgram', host), host)
})
