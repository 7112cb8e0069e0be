import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { TcpClient, UdpClient } from '../helpers/dns-client.ts'
import { optRecord, queryPacket, spelled, uint16s } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { UPDATES } from './updates.ts'
import { rig } from './main-rig.ts'
import { EACH } from './rig.ts'
import { readReply, untimed } from './reply.ts'

const RD = 0x100
const FED = 'web.shop.fleet.svc.cluster.local'
const BARE = 'web.shop.fleet'
const LOCAL = 'web.shop.svc.cluster.local.'

const opcodeFlags = (opcode: number): number => (opcode << 11) | RD
/** A header with these counts, and what follows it. */
const withCounts = (flags: number, counts: readonly number[], ...rest: readonly Buffer[]): Buffer =>
  Buffer.concat([uint16s(0xbeef, flags, ...counts), ...rest])
const question = (name: string, type: number = TYPE.A): Buffer => Buffer.concat([spelled(name), uint16s(type, 1)])
const reply = (head: string): string => `beef ${head}`

describe('header', { concurrency: 8 }, () => {
  behaviour('HDR-01', 'an own name is answered with AA, what was sent is copied, and there is no OPT', async () => {
    for (const name of ['wEb.ShOp.FlEeT', 'WEB.shop.fleet.SVC.cluster.LOCAL']) {
      for (const via of EACH) {
        for (const [flags, rd] of [
          [RD, ' rd'],
          [0, ''],
        ] as const) {
          const query = queryPacket(name, { id: 0xbeef, flags })
          const got = await rig.ask(query, via)
          assert.equal(got.head, reply(`0 NOERROR qr aa${rd} ra 1/2/0/0`))
          assert.deepEqual(got.question, query.subarray(12))
          assert.deepEqual(untimed(got.answer), [`${name.toLowerCase()}. CNAME ${LOCAL}`, `${LOCAL} A 10.96.0.1`])
        }
      }
    }
  })

  behaviour('HDR-04', 'a header alone with an unknown opcode is NOTIMP, in 12 octets', async () => {
    for (let opcode = 1; opcode < 16; opcode++) {
      for (const via of EACH) {
        const got = await rig.ask(withCounts(opcode << 11, [0, 0, 0, 0]), via)
        assert.equal(got.head, reply(`${opcode} NOTIMP qr ra 0/0/0/0`))
        assert.equal(got.octets.length, 12)
      }
    }
  })

  behaviour('HDR-05', 'other opcodes than QUERY are NOTIMP, and go nowhere', async () => {
    for (let opcode = 1; opcode < 16; opcode++) {
      for (const name of ['hdr05.foreign.example', FED, 'hdr05.shop.fleet']) {
        for (const edns of [undefined, {}]) {
          const query = queryPacket(name, { id: 0xbeef, flags: opcodeFlags(opcode), ...(edns && { edns }) })
          for (const via of EACH) {
            const got = await rig.ask(query, via)
            assert.match(got.head, new RegExp(`^beef ${opcode} NOTIMP qr rd ra [01]/0/0/[01]$`))
          }
        }
      }
    }
    assert.equal(rig.upstream.sawAnywhere('hdr05'), 0)
  })

  // There is no listener for HTTPS (DESIGN sections 4 and 7), so DoH is nothing that could differ; TLS is in `encrypted.test.ts`.
  behaviour('HDR-07', 'UPDATE is NOTIMP over UDP and TCP, and is never forwarded', async () => {
    for (const update of UPDATES)
      for (const via of EACH) assert.match((await rig.ask(update, via)).head, /^beef 5 NOTIMP qr ra [01]\/0\/0\/0$/)
    assert.equal(rig.upstream.sawAnywhere('hdr07'), 0)
    assert.equal(rig.upstream.sawAnywhere('\x05fleet'), 0)
  })

  behaviour('HDR-08', 'DSO over TCP is NOTIMP, and the connection goes on', async () => {
    // Keepalive (type 1): inactivity timeout and interval.
    const keepalive = Buffer.concat([uint16s(1, 8), Buffer.from('00003a9800003a98', 'hex')])
    await using connection = await TcpClient.open(rig.server())
    for (const dso of [withCounts(6 << 11, [0, 0, 0, 0], keepalive), withCounts(6 << 11, [0, 0, 0, 0])]) {
      assert.equal(readReply(await connection.ask(dso)).head, reply('6 NOTIMP qr ra 0/0/0/0'))
      const got = readReply(await connection.ask(queryPacket(BARE, { id: 0xbeef })))
      assert.equal(got.head, reply('0 NOERROR qr aa rd ra 1/2/0/0'))
    }
  })

  behaviour('HDR-09', 'more than one question is FORMERR, and goes nowhere', async () => {
    for (const name of ['hdr09.foreign.example', BARE]) {
      for (const count of [2, 3, 0x100, 0xffff]) {
        const questions = Array.from({ length: Math.min(count, 3) }, (_, i) => question(i === 1 ? `two.${name}` : name))
        for (const opt of [[], [optRecord()]]) {
          const query = withCounts(RD, [count, 0, 0, opt.length], ...questions, ...opt)
          for (const via of EACH)
            assert.match((await rig.ask(query, via)).head, /^beef 0 FORMERR qr rd ra [01]\/0\/0\/[01]$/)
        }
      }
    }
    assert.equal(rig.upstream.sawAnywhere('hdr09'), 0)
  })

  behaviour('HDR-10', 'no question at all is FORMERR without one', async () => {
    for (const via of EACH) {
      const got = await rig.ask(withCounts(RD, [0, 0, 0, 0]), via)
      assert.equal(got.head, reply('0 FORMERR qr rd ra 0/0/0/0'))
      assert.equal(got.octets.length, 12)
    }
  })

  behaviour('HDR-12', 'records in ANSWER or AUTHORITY of a query are FORMERR', async () => {
    const address = Buffer.concat([Buffer.of(0xc0, 12), uint16s(TYPE.A, 1, 0, 60, 4), Buffer.of(192, 0, 2, 99)])
    for (const name of ['hdr12.foreign.example', BARE]) {
      for (const type of [TYPE.A, TYPE.SOA, TYPE.AXFR, TYPE.ANY]) {
        for (const counts of [
          [1, 1, 0, 0],
          [1, 0, 1, 0],
          [1, 2, 0, 0],
          [1, 0xffff, 0, 0],
          [1, 0, 0xffff, 0],
        ]) {
          const query = withCounts(RD, counts, question(name, type), address)
          for (const via of EACH)
            assert.match((await rig.ask(query, via)).head, /^beef 0 FORMERR qr rd ra [01]\/0\/0\/0$/)
        }
      }
    }
    assert.equal(rig.upstream.sawAnywhere('hdr12'), 0)
  })

  behaviour('HDR-13', 'the reserved bit Z changes nothing, and is 0 in the reply', async () => {
    for (const via of EACH) {
      const own = await rig.ask(queryPacket(BARE, { id: 0xbeef, flags: RD | 0x40 }), via)
      assert.equal(own.head, reply('0 NOERROR qr aa rd ra 1/2/0/0'))
      // AA, TC, RA and an rcode mean nothing in a query.
      for (const odd of [0x40, 0x400, 0x200, 0x80, 0x6c0, 0xf, 0x6cf]) {
        const foreign = await rig.ask(queryPacket(`${via}.hdr13.example`, { id: 0xbeef, flags: RD | odd }), via)
        assert.equal(foreign.head, reply('0 NOERROR qr rd ra 1/1/0/0'))
      }
    }
    for (const { query } of rig.upstream.askedOf('hdr13.example')) assert.equal(query.readUInt16BE(2), RD)
  })

  behaviour('HDR-18', 'a reply leaves from the address and port that were asked', async () => {
    for (const name of [BARE, 'hdr18.example', 'hdr18.example']) {
      for (const index of [0, 1, 2, 3]) {
        const server = rig.server(index)
        // From the first address: left to choose, the system would answer from there.
        await using client = await UdpClient.open(server, index === 3 ? undefined : '127.0.0.1')
        client.send(queryPacket(name, { id: 0xbeef }))
        const { octets, from } = await client.next()
        assert.deepEqual(from, server)
        assert.match(readReply(octets).head, /^beef 0 NOERROR/)
      }
    }
  })

  // DESIGN section 3 ("healthy, any other type: the CNAME and NODATA") has the CNAME in ANSWER.
  behaviour('HDR-19', 'an unknown type at an own name is NODATA, with the SOA', async () => {
    for (const type of [1000, 65_280, TYPE.MX, TYPE.NAPTR, TYPE.CAA, TYPE.DS, TYPE.TXT]) {
      for (const [name, zone] of [
        [FED, 'cluster.local'],
        [BARE, 'cluster.local'],
      ] as const) {
        for (const via of EACH) {
          const got = await rig.ask(queryPacket(name, { id: 0xbeef, type }), via)
          assert.equal(got.head, reply('0 NOERROR qr aa rd ra 1/1/1/0'))
          assert.deepEqual(untimed(got.answer), [`${name}. CNAME ${LOCAL}`])
          assert.deepEqual(untimed(got.authority), [`${zone}. SOA minimum 5`])
        }
      }
    }
    // Where there is no Service, ever, the answer is empty.
    const apex = await rig.ask(queryPacket('fleet', { id: 0xbeef, type: 1000 }))
    assert.equal(apex.head, reply('0 NOERROR qr aa rd ra 1/0/1/0'))
    assert.equal(rig.upstream.sawAnywhere('\x03web'), 0)
  })
})
