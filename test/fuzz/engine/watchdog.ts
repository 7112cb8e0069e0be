import { Worker } from 'node:worker_threads'

const MAX_OCTETS = 1 << 20
const LOOK_MS = 10_000

interface Watchdog {
  readonly sees: (octets: Buffer) => void
  readonly close: () => Promise<unknown>
}

// In another thread, as this one may never come back: it kills the process, and keeps what it was at.
const GUARD = `
const { workerData: { shared, module, target, lookMs } } = require('node:worker_threads')
const [turn, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)]
let before = -1
setInterval(async () => {
  const now = Atomics.load(turn, 0)
  if (now !== before || now < 0) return void (before = now)
  const { keepFinding } = await import(module)
  const path = keepFinding(target, { octets: Buffer.from(new Uint8Array(shared, 8, length[0])) })
  require('node:fs').writeSync(1, 'HANGS: ' + path + '\\n')
  process.kill(process.pid, 'SIGKILL')
}, lookMs)
`

/** Ends the process if one execution takes longer than 10 s, and keeps that input as a finding. */
export function watchdog(target: string): Watchdog {
  const shared = new SharedArrayBuffer(8 + MAX_OCTETS)
  const turn = new Int32Array(shared, 0, 1)
  const length = new Int32Array(shared, 4, 1)
  const copy = new Uint8Array(shared, 8)
  const module = new URL('kept-inputs.ts', import.meta.url).href
  const worker = new Worker(GUARD, { eval: true, workerData: { shared, module, target, lookMs: LOOK_MS } })
  worker.unref()
  return {
    sees: (octets) => {
      copy.set(octets)
      length[0] = octets.length
      Atomics.store(turn, 0, ((turn[0] as number) + 1) & 0x7fffffff)
    },
    close: () => worker.terminate(),
  }
}
