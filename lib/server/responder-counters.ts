import { FLAG } from '../dns/constants.ts'

const KNOWN_TYPES = 256
const RCODES = 24
const DURATION_BUCKETS = 16

/** Counts without labels or strings, so that counting costs next to nothing; they get names when they are read. */
export class ResponderCounters {
  /** By record type; those from 256 up share the last place, so that clients cannot make it grow. */
  readonly udpRequests = new Float64Array(KNOWN_TYPES + 1)
  readonly tcpRequests = new Float64Array(KNOWN_TYPES + 1)
  /** By rcode; those that need EDNS are only our own. */
  readonly responses = new Float64Array(RCODES)
  /** How long what no image answered took: bucket `i` has those of less than 2^i milliseconds, the last all others. */
  readonly durations = new Float64Array(DURATION_BUCKETS)
  durationSumMs = 0
  truncated = 0
  dropped = 0
  fromImage = 0
  prefetches = 0
  faults = 0
  recordsDropped = 0
  /** Of queries that show one, by what it is: ours, none of ours, none yet, or of a wrong length. */
  readonly cookies = { valid: 0, wrong: 0, missing: 0, malformed: 0 }

  request(overUdp: boolean, type: number): void {
    const requests = overUdp ? this.udpRequests : this.tcpRequests
    const place = type < KNOWN_TYPES ? type : KNOWN_TYPES
    requests[place] = (requests[place] as number) + 1
  }

  /** `extendedRcode` are the upper bits, which stand in OPT. */
  response(reply: Buffer, extendedRcode = 0): void {
    const rcode = (extendedRcode << 4) | ((reply[3] as number) & 0xf)
    this.responses[rcode] = (this.responses[rcode] as number) + 1
    if (((reply[2] as number) & (FLAG.TC >> 8)) !== 0) this.truncated++
  }

  duration(ms: number): void {
    const bucket = Math.min(DURATION_BUCKETS - 1, 32 - Math.clz32(ms))
    this.durations[bucket] = (this.durations[bucket] as number) + 1
    this.durationSumMs += ms
  }
}
