import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAG, RCODE, TYPE } from '../../lib/dns/constants.ts'
import { ResponderCounters } from '../../lib/server/responder-counters.ts'
import { queryPacket } from '../helpers/packets.ts'
import { addressesOf, ScriptedResponder } from './scripted-responder.ts'
import { TCP, UDP } from '../../lib/server/carrier.ts'

const counted = (places: Float64Array): Record<number, number> =>
  Object.fromEntries([...places.entries()].filter(([, count]) => count > 0))

test('requests are counted by type and transport, responses by rcode', async () => {
  const { responder } = new ScriptedResponder()
  const { respond, counters } = responder
  await respond(queryPacket('web', { type: TYPE.AAAA }), '127.0.0.1', UDP)
  await respond(queryPacket('web', { type: TYPE.AAAA }), '127.0.0.1', UDP)
  await respond(queryPacket('web', { type: TYPE.SRV }), '127.0.0.1', TCP)
  await respond(queryPacket('web', { flags: 5 << 11 }), '127.0.0.1', UDP)
  await respond(queryPacket('web', { flags: FLAG.QR }), '127.0.0.1', UDP)
  assert.deepEqual(counted(counters.udpRequests), { 0: 2, [TYPE.AAAA]: 2 })
  assert.deepEqual(counted(counters.tcpRequests), { [TYPE.SRV]: 1 })
  assert.deepEqual(counted(counters.responses), { [RCODE.NOERROR]: 3, [RCODE.NOTIMP]: 1 })
  assert.deepEqual([counters.fromImage, counters.dropped], [1, 1])
})

test('however many types clients ask for, the counters do not grow', async () => {
  const { responder } = new ScriptedResponder()
  const places = responder.counters.udpRequests.length
  for (let type = 250; type < 1000; type++) await responder.respond(queryPacket('web', { type }), '127.0.0.1', UDP)
  assert.equal(responder.counters.udpRequests.length, places)
  assert.equal(responder.counters.udpRequests.at(-1), 1000 - 256)
})

test('truncated replies are counted', async () => {
  const world = new ScriptedResponder()
  const many = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`)
  world.answer('web', () => addressesOf(world.asked.at(-1)!, many))
  for (const carrier of [UDP, UDP, TCP]) await world.responder.respond(queryPacket('web'), '127.0.0.1', carrier)
  assert.equal(world.responder.counters.truncated, 2)
})

test('how long what was resolved took is counted by the clock; what an image answered is not', async () => {
  const world = new ScriptedResponder()
  const release = world.hold('web')
  const reply = world.responder.respond(queryPacket('web'), '127.0.0.1', UDP)
  world.clock.advance(700)
  release()
  await reply
  await world.responder.respond(queryPacket('web'), '127.0.0.1', UDP)
  assert.equal(world.responder.counters.durationSumMs, 700)
  assert.deepEqual(counted(world.responder.counters.durations), { 10: 1 })
})

// Milliseconds, and the bucket: each holds what took less than 2^i.
const BUCKETS: readonly [number, number][] = [
  [0, 0],
  [0.99, 0],
  [1, 1],
  [1.99, 1],
  [2, 2],
  [3.5, 2],
  [1023, 10],
  [1024, 11],
  [1e9, 15],
]

for (const [ms, bucket] of BUCKETS) {
  test(`${ms} ms is counted in bucket ${bucket}`, () => {
    const counters = new ResponderCounters()
    counters.duration(ms)
    assert.deepEqual(counted(counters.durations), { [bucket]: 1 })
  })
}
