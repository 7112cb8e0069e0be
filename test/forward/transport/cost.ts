import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { systemClock } from '../../../lib/base/clock.ts'
import { HttpsTransport } from '../../../lib/forward/transport/https-transport.ts'
import { StreamPool } from '../../../lib/forward/transport/stream-pool.ts'
import { tcpConnector } from '../../../lib/forward/transport/tcp-connector.ts'
import { tlsConnector } from '../../../lib/forward/transport/tls-connector.ts'
import { newTransportCounters, type Transport } from '../../../lib/forward/transport/transport.ts'
import { UdpTransport } from '../../../lib/forward/transport/udp-transport.ts'
import { query } from './answers.ts'
import { Certificates } from './certificates.ts'
import type { CostServerPorts } from './cost-server.ts'

// CPU time of this process for one exchange, by transport; the server is another process. Rounds are interleaved, the
// median is printed. Run: node test/forward/transport/cost.ts [--rounds N] [--questions N] [--at-once N]

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    questions: { type: 'string', default: '6000' },
    'at-once': { type: 'string', default: '30' },
  },
})

interface Round {
  readonly cpuUs: number
  readonly wallUs: number
}

await using certificates = await Certificates.create()
const { certFile, keyFile } = await certificates.issue({ names: 'IP:127.0.0.1' })
const server = fork(new URL('cost-server.ts', import.meta.url), [certFile, keyFile])
try {
  const [ports] = (await once(server, 'message')) as [CostServerPorts]
  const transports = transportsTo(ports, certificates.ca)
  const rounds = new Map(Object.keys(transports).map((name) => [name, [] as Round[]]))
  for (const transport of Object.values(transports)) await measure(transport)
  for (let i = 0; i < Number(values.rounds); i++) {
    for (const [name, transport] of Object.entries(transports)) rounds.get(name)?.push(await measure(transport))
  }
  for (const [name, all] of rounds) {
    const median = all.toSorted((a, b) => a.cpuUs - b.cpuUs)[all.length >> 1]
    console.log(
      `${name.padEnd(6)} ${median?.cpuUs.toFixed(1)} µs CPU, ${median?.wallUs.toFixed(1)} µs wall per exchange`,
    )
  }
  for (const transport of Object.values(transports)) transport.close()
} finally {
  await end(server)
}

function transportsTo(ports: CostServerPorts, ca: string): Record<string, Transport> {
  const counters = newTransportCounters()
  const clock = systemClock
  const at = (port: number) => ({ host: '127.0.0.1', port })
  const tcp = new StreamPool({ connector: tcpConnector(at(ports.tcp)), clock, counters })
  const dot = tlsConnector({ server: at(ports.tls), ca, protocol: 'dot' })
  return {
    udp: new UdpTransport({ server: at(ports.udp), tcp, matchCase: false, counters }),
    tcp,
    tls: new StreamPool({ connector: dot, clock, counters }),
    https: new HttpsTransport({ server: at(ports.https), path: '/dns-query', ca, clock, counters }),
  }
}

async function measure(transport: Transport): Promise<Round> {
  const questions = Number(values.questions)
  let left = questions
  const before = process.cpuUsage()
  const startedMs = performance.now()
  const ask = async () => {
    while (left-- > 0) {
      await transport.exchange({ bytes: query('www.example.org', left & 0xffff), signal: new AbortController().signal })
    }
  }
  await Promise.all(Array.from({ length: Number(values['at-once']) }, ask))
  const { user, system } = process.cpuUsage(before)
  return { cpuUs: (user + system) / questions, wallUs: ((performance.now() - startedMs) * 1000) / questions }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}
