import { setTimeout as sleep } from 'node:timers/promises'
import type { Behaviour } from '../failures/upstream.ts'
import { configuration, type World, writeServices } from './world.ts'

const MANIFESTS_EVERY_MS = 2000
const RELOAD_EVERY_MS = 10_000
const FAULT_EVERY_MS = 20_000
const FAULT_MS = 5000

const HEALTHY: Partial<Behaviour> = { answers: 'data', delayMs: 0, isOpen: true }
const FAULTS: readonly Partial<Behaviour>[] = [
  { answers: 'nothing' },
  { answers: 'SERVFAIL' },
  { isOpen: false },
  { delayMs: 300 },
  { answers: 'REFUSED' },
  { answers: 'another id' },
]

// Each one is another configuration; none is about names that are asked for.
const CONFIGURATIONS: readonly object[] = [
  { policy: { block: { 'ads.example': 'nxdomain' } } },
  { answers: { ttl: '7s' } },
  { forward: 'broken' },
  { cache: { maxTtl: '1h' } },
  { acl: { allow: ['127.0.0.0/8'] } },
  {},
]

/** What goes on in a cluster, until the signal: manifests change, configurations come, of the upstreams one fails. */
export async function disturb(world: World, signal: AbortSignal): Promise<void> {
  await Promise.all([
    every(MANIFESTS_EVERY_MS, signal, (i) => writeServices(world.folder, i)),
    every(RELOAD_EVERY_MS, signal, (i) => reload(world, i)),
    every(FAULT_EVERY_MS, signal, (i) => fail(world, i, signal)),
  ])
}

async function reload({ folder, upstreams }: World, i: number): Promise<void> {
  const ports = upstreams.map(({ port }) => port)
  await folder.replace('config.yaml', configuration(folder, ports, CONFIGURATIONS[i % CONFIGURATIONS.length] ?? {}))
}

async function fail({ upstreams }: World, i: number, signal: AbortSignal): Promise<void> {
  const upstream = upstreams[i % upstreams.length]
  await upstream?.behave(FAULTS[i % FAULTS.length] ?? {})
  await sleep(FAULT_MS, undefined, { signal }).catch(() => {})
  await upstream?.behave(HEALTHY)
}

async function every(ms: number, signal: AbortSignal, act: (i: number) => Promise<void>): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    await act(i)
    await sleep(ms, undefined, { signal }).catch(() => {})
  }
}
