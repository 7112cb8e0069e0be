// How many entries of connection tracking forwarding costs a node. See README.md.
import { readFileSync } from 'node:fs'
import { debianProgram } from '../peers/debian.ts'
import { namespacesLack } from '../peers/network-namespace.ts'
import { Children } from './children.ts'
import { CASES } from './conntrack/cases.ts'
import { type Node, startNode } from './conntrack/node.ts'
import { coredns } from './forwarding/coredns.ts'
import { feddns } from './forwarding/feddns.ts'
import { machine } from './machine.ts'
import { requirePeers } from './require-peers.ts'
import { EXIT, untilInterrupted } from './until-interrupted.ts'

const PER_SECOND = 2000
// An entry lives for 30 s: from then on there are as many as there will be.
const SECONDS = 45
const COUNTED_EVERY_MS = 1000
const TIMEOUTS = ['nf_conntrack_udp_timeout', 'nf_conntrack_udp_timeout_stream', 'nf_conntrack_max']

async function main(): Promise<number> {
  const lack =
    namespacesLack() ??
    requirePeers(['coredns', 'leash'], ['conntrack', 'dnsperf', 'ip', 'nft', 'nsenter', 'taskset', 'unshare'])
  if (lack !== undefined) {
    console.error(lack)
    return EXIT.cannotRun
  }
  const children = new Children(debianProgram('taskset'))
  return untilInterrupted(children, async (folder) => {
    console.log(head())
    console.log(row('', ['at the end', 'at most', 'answered/s', 'lost']))
    await using stack = new AsyncDisposableStack()
    const nodes: Node[] = []
    for (const [i, of] of CASES.entries()) {
      const means = { children, folder: `${folder}/${i}`, perSecond: PER_SECOND, seconds: SECONDS }
      nodes.push(stack.use(await startNode(of, means)))
    }
    // All at once: each has a network, and a table, of its own.
    for (const line of await Promise.all(nodes.map(count))) console.log(line)
  })
}

async function count(node: Node): Promise<string> {
  const before = node.tracked()
  const counts: number[] = []
  const counting = setInterval(() => counts.push(node.tracked() - before), COUNTED_EVERY_MS)
  const { completed, sent, rcodes } = await node.ask().finally(() => clearInterval(counting))
  counts.push(node.tracked() - before)
  if (rcodes['NOERROR'] !== completed) throw new Error(`${node.title}: not all was answered: ${JSON.stringify(rcodes)}`)
  const figures = [counts.at(-1) ?? 0, Math.max(...counts), Math.round(completed / SECONDS), sent - completed]
  return row(node.title, figures.map(String))
}

const row = (title: string, cells: readonly string[]): string =>
  title.padEnd(26) + cells.map((cell) => cell.padStart(11)).join('')

const head = (): string => `\
command   node test/bench/conntrack.ts
date      ${new Date().toISOString()}
machine   ${machine()}
versions  node ${process.version}, feddns ${feddns.version()}, coredns ${coredns.version()}
load      ${PER_SECOND} questions a second, each of another name, for ${SECONDS} s, by dnsperf on the node itself (4 sockets)
system    ${TIMEOUTS.map((name) => `${name.replace('nf_conntrack_', '')} ${setting(name)}`).join(', ')}
columns   entries in the node's table when the load ends, and the most that were counted, once a second
`

const setting = (name: string): string => readFileSync(`/proc/sys/net/netfilter/${name}`, 'utf8').trim()

process.exitCode = await main()
