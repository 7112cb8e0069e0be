import type { Observe } from '../../../lib/server/responder.ts'
import { Histogram } from '../../../lib/observe/histogram.ts'
import { RCODE_NAMES, TYPE_NAMES } from '../../../lib/dns/mnemonics.ts'
import { rcodeOf } from '../../../lib/dns/rcode-of.ts'

// As CoreDNS has them (plugin/metrics/vars).
const DURATION_BOUNDS = Array.from({ length: 16 }, (_, i) => 0.00025 * 2 ** i)
const SIZE_BOUNDS = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16_000, 32_000, 48_000, 64_000]

interface Sizes {
  readonly requests: Histogram
  readonly responses: Histogram
}

const sizes = (): Sizes => ({ requests: new Histogram(SIZE_BOUNDS), responses: new Histogram(SIZE_BOUNDS) })

/** What dashboards for CoreDNS ask for beyond what we count anyway. */
export class CorednsCounters {
  /** By protocol, address family (1: IPv4, 2: IPv6) and record type: `udp 1 A`. */
  readonly requests = new Map<string, number>()
  /** By rcode. */
  readonly responses = new Map<string, number>()
  readonly durations = new Histogram(DURATION_BOUNDS)
  readonly sizes = { udp: sizes(), tcp: sizes() }

  readonly observe: Observe = (reply, { client, carrier, type, queryOctets, tookMs }) => {
    const protocol = carrier.overUdp ? 'udp' : 'tcp'
    add(this.requests, `${protocol} ${client.includes(':') ? 2 : 1} ${TYPE_NAMES.get(type) ?? 'other'}`)
    add(this.responses, RCODE_NAMES.get(rcodeOf(reply)) ?? 'other')
    this.durations.observe(tookMs / 1000)
    this.sizes[protocol].requests.observe(queryOctets)
    this.sizes[protocol].responses.observe(reply.length)
  }
}

const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)
