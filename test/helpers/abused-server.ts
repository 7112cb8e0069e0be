/**
 * A process that serves what is scripted here over UDP and TCP, and tells its parent how it fares. Any fault, and any
 * error that nobody caught, ends it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BoundedMap } from '../../lib/base/bounded-map.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { Generations } from '../../lib/base/generations.ts'
import { authored, type Resolve } from '../../lib/dns/answer.ts'
import { RCODE } from '../../lib/dns/constants.ts'
import type { Image } from '../../lib/dns/image.ts'
import { parseName } from '../../lib/dns/name.ts'
import { addressRecord, cnameRecord, hinfoRecord, srvRecord } from '../../lib/dns/record.ts'
import { Listeners } from '../../lib/server/listeners.ts'
import { Responder } from '../../lib/server/responder.ts'
import { Streams } from '../../lib/server/streams.ts'
import { listenUdp } from '../../lib/server/udp.ts'
import { portOf } from './running-resolver.ts'

/** What the parent is told: once it listens, and each time that it asks. */
export interface Report {
  /** Of 127.0.0.1, over UDP and TCP. */
  readonly port: number
  /** Objects and buffers, after everything that can be collected was collected. */
  readonly memoryOctets: number
  /** The longest time since the last report for which nothing else could run, and for which it was running itself. */
  readonly longestStallMs: number
  readonly openConnections: number
  readonly inFlight: number
}

const RESOLUTION_MS = 5
const TARGET = parseName('end.of.the.chain.example')

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')
const generations = new Generations()

// Some of each: answers at once and later, large and small, known and not, kept and not, outdated soon and never.
const resolve: Resolve = async ({ name, type }) => {
  if (name.length % 11 === 0) generations.bump(type & 15)
  if (name.length % 3 === 0) await new Promise<void>((done) => void setImmediate(done))
  if (name.length % 7 === 6) return undefined
  if (type === 33)
    return authored({ rcode: RCODE.NOERROR, answer: [srvRecord(name, 5, { weight: 1, port: 80, target: TARGET })] })
  if (type === 255) return authored({ rcode: RCODE.NOERROR, answer: [hinfoRecord(name, 5)] })
  if (name.length % 5 === 4) return authored({ rcode: RCODE.NXDOMAIN })
  const addresses = Array.from({ length: 1 + (name.length % 90) }, (_, i) => addressRecord(TARGET, 5, `10.0.0.${i}`))
  const answer = [cnameRecord(name, 5, TARGET), ...addresses]
  return authored({ rcode: RCODE.NOERROR, answer, evidence: [generations.evidence([type & 15])] })
}

const responder = new Responder({
  service: {
    resolve,
    allows: () => true,
    images: new BoundedMap<Image>({ maxEntries: 2000, maxBytes: 4 * 1024 * 1024 }),
    prefetches: true,
  },
  clock: systemClock,
  generations,
  deadlineMs: 1800,
  onFault: end,
})

function end(error: unknown): never {
  console.error(error)
  process.exit(1)
}

const { respond } = responder
const streams = new Streams({ respond, clock: systemClock, onRefused: () => {}, onError: end })
const listeners = new Listeners({
  udp: (address) => listenUdp(address, { respond, clock: systemClock, onError: end }),
  tcp: (address) => streams.listenTcp(address),
  tls: (address) => streams.listenTls(address),
})
await listeners.change([{ host: '127.0.0.1', port: 0 }], 0)
const port = portOf(listeners.addresses[0])
const stalls = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
stalls.enable()

// On a busy machine a process also stands still because another one runs; that time is none of its own.
let longestBusyMs = 0
let cpu = process.threadCpuUsage()
setInterval(() => {
  const { user, system } = process.threadCpuUsage(cpu)
  longestBusyMs = Math.max(longestBusyMs, (user + system) / 1000)
  cpu = process.threadCpuUsage()
}, RESOLUTION_MS)

function report(): Report {
  // Measured from one look to the next, which are this far apart when nothing stalls.
  const longestStallMs = Math.min(longestBusyMs, Math.max(0, stalls.max / 1e6 - RESOLUTION_MS))
  // Twice: what the first one finds to be finished is freed by the second.
  collectGarbage()
  collectGarbage()
  const openConnections = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  const memoryOctets = heapUsed + arrayBuffers
  return { port, memoryOctets, longestStallMs, openConnections, inFlight: responder.inFlight }
}

process.on('message', () => {
  const told = report()
  // The collection of garbage is not what a client did.
  setTimeout(() => {
    stalls.reset()
    longestBusyMs = 0
    process.send?.(told)
  }, 4 * RESOLUTION_MS)
})
process.on('disconnect', () => process.exit(0))
process.send?.(report())
