import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { queryPacket, spelled } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { a, questionEndOf, replyTo } from './message.ts'
import { untimed } from './reply.ts'
import { type Script, sendFrom, USUAL_ADDRESS } from './scripted-server.ts'
import { overUdp as one, rig, udpOnly } from './upstream-rigs.ts'

// What is made of what upstreams say.

const FORGED = '192.0.2.66'

const asking = (name: string, parts: Parameters<typeof queryPacket>[1] = {}): Buffer =>
  queryPacket(name, { id: 0xbeef, ...parts })
const mismatches = (place: string): Promise<number> =>
  rig.metric(`feddns_upstream_mismatches_total{upstream="${place}"}`)
const forged = (query: Buffer): Buffer => replyTo(query, { answer: [a(FORGED)] })
const withOtherId = (reply: Buffer, by: number): Buffer => {
  const copy = Buffer.from(reply)
  copy.writeUInt16BE((reply.readUInt16BE(0) + by) & 0xffff, 0)
  return copy
}

describe('replies of upstreams', { concurrency: 12 }, () => {
  behaviour('UP-02', 'a reply with another id is ignored, and counted; the right one counts', async () => {
    const before = [await mismatches(one.place), await mismatches(udpOnly.place)]
    const script: Script = async ({ query, transport }) => {
      if (transport === 'tcp') return [replyTo(query, { answer: [a(USUAL_ADDRESS)] })]
      return [withOtherId(forged(query), 1)]
    }
    one.on('up02.example', script)
    // Whoever has no TCP has to be heard on: the right reply comes 100 ms later.
    udpOnly.on('up02.udp.example', (query, send) => {
      send(withOtherId(forged(query), 1))
      setTimeout(() => send(replyTo(query, { answer: [a(USUAL_ADDRESS)] })), 100)
    })
    for (const name of ['up02.example', 'up02.udp.example']) {
      const got = await rig.ask(asking(name))
      assert.deepEqual(
        [got.head, untimed(got.answer)],
        ['beef 0 NOERROR qr rd ra 1/1/0/0', [`${name}. A ${USUAL_ADDRESS}`]],
      )
    }
    assert.ok((await mismatches(one.place)) > (before[0] ?? 0))
    assert.ok((await mismatches(udpOnly.place)) > (before[1] ?? 0))
  })

  behaviour('UP-02', 'so is one to another question, of another type, without QR, and too short a one', async () => {
    const wrong: Readonly<Record<string, (query: Buffer) => Buffer>> = {
      name: (query) =>
        forged(
          Buffer.concat([
            query.subarray(0, 12),
            spelled('other.udp.example'),
            query.subarray(questionEndOf(query) - 4),
          ]),
        ),
      type: (query) => forged(changed(query, questionEndOf(query) - 3, TYPE.AAAA)),
      class: (query) => forged(changed(query, questionEndOf(query) - 1, 3)),
      qr: (query) => query,
      opcode: (query) => changed(forged(query), 2, 0x88),
      counts: (query) => changed(forged(query), 5, 0),
      short: (query) => forged(query).subarray(0, 11),
    }
    for (const [kind, make] of Object.entries(wrong)) {
      udpOnly.on(`${kind}.up02.udp.example`, (query, send) => {
        send(make(query))
        setTimeout(() => send(replyTo(query, { answer: [a(USUAL_ADDRESS)] })), 60)
      })
      const got = await rig.ask(asking(`${kind}.up02.udp.example`))
      assert.deepEqual(untimed(got.answer), [`${kind}.up02.udp.example. A ${USUAL_ADDRESS}`], kind)
    }
  })

  behaviour('UP-04', 'a right reply from another address, or another port, is ignored', async () => {
    for (const [i, host] of ['127.0.0.1', '127.0.0.9'].entries()) {
      const name = `n${i}.up04.udp.example`
      udpOnly.on(name, (query, send, port) => {
        void sendFrom(host, forged(query), port).then(() => {
          setTimeout(() => send(replyTo(query, { answer: [a(USUAL_ADDRESS)] })), 100)
        })
      })
      for (let again = 0; again < 2; again++)
        assert.deepEqual(untimed((await rig.ask(asking(name))).answer), [`${name}. A ${USUAL_ADDRESS}`])
    }
    // Each question comes from a port that cannot be told from those before.
    for (let i = 0; i < 40; i++) await rig.ask(asking(`p${i}.ports.udp.example`))
    const ports = udpOnly.portsOf('ports.udp.example')
    assert.ok(new Set(ports).size > 30, ports.join())
    const steps = new Set(ports.slice(1).map((port, i) => port - (ports[i] ?? 0)))
    assert.ok(steps.size > 30, [...steps].join())
  })

  behaviour('UP-06', 'who guesses ids has one guess: after a wrong one the question goes over TCP', async () => {
    const before = await mismatches(one.place)
    one.on('up06.example', ({ query, transport }) =>
      transport === 'tcp'
        ? [replyTo(query, { answer: [a(USUAL_ADDRESS)] })]
        : Array.from({ length: 50 }, (_, i) => withOtherId(forged(query), i + 1)),
    )
    assert.deepEqual(untimed((await rig.ask(asking('up06.example'))).answer), [`up06.example. A ${USUAL_ADDRESS}`])
    const ways = one.allOf('up06.example').map(({ transport }) => transport)
    assert.deepEqual([...new Set(ways)], ['udp', 'tcp'])
    assert.ok((await mismatches(one.place)) > before)
  })
})

const changed = (octets: Buffer, at: number, to: number): Buffer => {
  const copy = Buffer.from(octets)
  copy[at] = to
  return copy
}
