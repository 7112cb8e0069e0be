// node --expose-gc test/bench/weigh.ts: the memory of what is kept, beyond the octets of the messages themselves. The
// bounds of the caches count with these figures (IMAGE_OVERHEAD_BYTES, ENTRY_OVERHEAD_BYTES).
import packet from 'dns-packet'
import { BoundedMap } from '../../lib/base/bounded-map.ts'
import { Generations } from '../../lib/base/generations.ts'
import { authored, type Query } from '../../lib/dns/answer.ts'
import { RCODE, TYPE } from '../../lib/dns/constants.ts'
import { type Image, imageOf } from '../../lib/dns/image.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { type Name, parseName } from '../../lib/dns/name.ts'
import { addressRecord, cnameRecord } from '../../lib/dns/record.ts'
import { cacheKeys } from '../../lib/forward/cache-key.ts'
import { MessageCache } from '../../lib/forward/message-cache.ts'
import { relay } from '../../lib/forward/relay.ts'

const COUNT = 20_000
const UNBOUNDED = { maxEntries: 1e9, maxBytes: 1e15 }
const FLAGS = { dnssecOk: false, checkingDisabled: false, recursionDesired: true, deadlineMs: 0 }

const queryFor = (name: Name): Query => ({ name, type: TYPE.A, ...FLAGS })

function memoryBytes(): number {
  if (globalThis.gc === undefined) throw new Error('run it with --expose-gc')
  for (let turn = 0; turn < 3; turn++) globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** What one of many weighs beyond its octets, which `keepOne` tells. */
function weigh(what: string, keepOne: (i: number) => number): void {
  const before = memoryBytes()
  let octets = 0
  for (let i = 0; i < COUNT; i++) octets += keepOne(i)
  const each = (memoryBytes() - before - octets) / COUNT
  console.log(`${what}: ${Math.round(each)} bytes beyond its ${Math.round(octets / COUNT)} octets`)
}

const generations = new Generations()
const local = parseName('web.shop.svc.cluster.local')
const images = new BoundedMap<Image>(UNBOUNDED)
weigh('image of a local answer', (i) => {
  const query = queryFor(parseName(`web-${i}.shop.myfederation.svc.cluster.local`))
  const answer = [cnameRecord(query.name, 5, local), addressRecord(local, 5, '10.0.0.1')]
  const image = imageOf(query, authored({ rcode: RCODE.NOERROR, answer, evidence: [generations.evidence([1, 2, 3])] }))
  images.set(`${query.name}key`, image, 1)
  return image.bytes.length
})

const LIFETIMES = { minTtl: 0, maxTtl: 86_400_000, maxNegativeTtl: 3_600_000 }
const caches: MessageCache[] = []
for (const records of [1, 4]) {
  const cache = new MessageCache({ ...UNBOUNDED, maxStaleMs: 0 })
  caches.push(cache)
  weigh(`message with ${records} addresses`, (i) => {
    const name = `web-${i}.example.org`
    const answers = Array.from({ length: records }, (_, k) => ({
      type: 'A' as const,
      name,
      ttl: 300,
      data: `10.0.0.${k}`,
    }))
    const message = readMessage(packet.encode({ type: 'response', questions: [{ type: 'A', name }], answers }))
    const answer = relay(message, { nowMs: 0, from: 'upstream', lifetimes: LIFETIMES })
    const query = queryFor(parseName(name))
    cache.set(cacheKeys(query), answer, { query, nowMs: 0, isBelievedAbout: () => true })
    return answer.message.bytes.length
  })
}
// They have to live until here.
console.log(`${images.size} images, ${caches.map(({ sizes }) => sizes.entries).join(' and ')} messages`)
