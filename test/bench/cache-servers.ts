// The resolvers whose caches are compared, each with a cache of so many entries.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ask } from './ask.ts'
import type { Child, Children } from './children.ts'
import { freePort } from './free-port.ts'
import type { Programs } from './programs.ts'
import { SERVER_CORE } from './server.ts'

const PROGRAM = fileURLToPath(new URL('../../cmd/feddns.ts', import.meta.url))
const COREDNS = fileURLToPath(new URL('../peers/bin/coredns', import.meta.url))
const ATTEMPTS = 100
const ATTEMPT_MS = 100

export interface CacheBench {
  readonly children: Children
  readonly programs: Programs
  readonly folder: string
  readonly upstreamPort: number
}

export interface CacheServer {
  readonly child: Child
  readonly port: number
  /** What it holds, in its own words. */
  readonly held: () => Promise<Readonly<Record<string, number>>>
}

const HELD = ['images', 'image_bytes', 'image_evictions_total', 'cache_entries', 'cache_bytes', 'cache_evictions_total']

export async function startFeddns(
  entries: number,
  { children, folder, upstreamPort }: CacheBench,
): Promise<CacheServer> {
  const config = `${folder}/feddns.json`
  const settings = {
    listen: ['127.0.0.1:0'],
    http: { listen: '127.0.0.1:0' },
    source: { manifests: [`${folder}/cluster.json`] },
    forward: { upstreams: [`127.0.0.1:${upstreamPort}`] },
    cache: { entries },
    lameDuck: '0s',
  }
  await writeFile(`${folder}/cluster.json`, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [] }))
  await writeFile(config, JSON.stringify(settings))
  const child = children.start(SERVER_CORE, [process.execPath, PROGRAM, 'resolver', '--config', config])
  for (;;) {
    const [line] = (await Promise.race([once(child.lines, 'line'), child.ended])) as [string]
    const { msg, addresses, http } = JSON.parse(line) as { msg: string; addresses?: string[]; http?: string }
    if (msg !== 'listening') continue
    const port = Number(addresses?.[0]?.split(':').at(-1))
    return { child, port, held: () => metricsOf(`http://${String(http)}/metrics`) }
  }
}

/** The metrics of the caches, and the memory, without their prefixes. */
async function metricsOf(url: string): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(url)).text()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  const held = HELD.map((name) => [name, value(`feddns_${name}`)] as const)
  return Object.fromEntries([...held, ['rss', value('process_resident_memory_bytes')]])
}

/** Its caches are bounded by octets: `messageBytes` for messages, four times as much for the records in them. */
export async function startUnbound(messageBytes: number, bench: CacheBench): Promise<CacheServer> {
  const { children, folder, programs } = bench
  const port = await freePort()
  const config = `${folder}/unbound.conf`
  await writeFile(config, unboundConfiguration(port, messageBytes, bench))
  const child = children.start(SERVER_CORE, [programs.unbound, '-d', '-c', config])
  await answers(port, child)
  const control = join(dirname(programs.unbound), 'unbound-control')
  return {
    child,
    port,
    held: async () => {
      const text = execFileSync(control, ['-c', config, 'stats_noreset'], { encoding: 'utf8' })
      const value = (name: string) => Number(new RegExp(`^${name}=(\\d+)$`, 'm').exec(text)?.[1])
      return { messages: value('msg.cache.count'), rrsets: value('rrset.cache.count') }
    },
  }
}

// One thread and one slab: what is split into several is full before all of it is.
const unboundConfiguration = (port: number, messageBytes: number, { upstreamPort, folder }: CacheBench): string => `
server:
  interface: 127.0.0.1
  port: ${port}
  num-threads: 1
  msg-cache-slabs: 1
  rrset-cache-slabs: 1
  infra-cache-slabs: 1
  key-cache-slabs: 1
  msg-cache-size: ${messageBytes}
  rrset-cache-size: ${4 * messageBytes}
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
remote-control:
  control-enable: yes
  control-interface: ${folder}/unbound.sock
  control-use-cert: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstreamPort}
`

export const hasCoredns = (): boolean => existsSync(COREDNS)

/** It has 256 shards of the same size, so the number of entries becomes a multiple of 256. */
export async function startCoredns(
  entries: number,
  { children, folder, upstreamPort }: CacheBench,
): Promise<CacheServer> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const config = `${folder}/Corefile`
  await writeFile(
    config,
    `.:${port} {
  bind 127.0.0.1
  prometheus 127.0.0.1:${metricsPort}
  forward . 127.0.0.1:${upstreamPort}
  cache {
    success ${entries}
    denial ${entries}
  }
}
`,
  )
  const child = children.start(SERVER_CORE, [COREDNS, '-conf', config])
  await answers(port, child)
  return {
    child,
    port,
    held: async () => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
      return { entries: Number(/^coredns_cache_entries\{.*type="success".*\} (\S+)$/m.exec(text)?.[1]) }
    },
  }
}

async function answers(port: number, child: Child): Promise<void> {
  for (let i = 0; i < ATTEMPTS; i++) {
    if ((await Promise.race([ask(port, 'ready.example', ATTEMPT_MS), child.ended])) !== undefined) return
    await sleep(ATTEMPT_MS)
  }
  throw new Error(`no reply on port ${port}`)
}
