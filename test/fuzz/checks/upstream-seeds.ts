import packet from 'dns-packet'
import { ednsOption, optRecord, queryPacket, spelled, uint16s } from '../../helpers/packets.ts'

const NAME = 'wEb.shop.example'
const HTTPS = 65 // 0x41, as the letter A
const QUESTION = { type: 'A', name: NAME } as const

const reply = (parts: Partial<packet.Packet>, flags = 0): Buffer =>
  packet.encode({
    type: 'response',
    id: 0x1234,
    flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | flags,
    questions: [QUESTION],
    ...parts,
  })

const opt = (): packet.Answer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: 1232,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [{ code: 12, data: Buffer.from('\0\x03old') }],
})

const soa: packet.Answer = {
  type: 'SOA',
  name: 'shop.example',
  ttl: 300,
  data: {
    mname: 'ns.shop.example',
    rname: 'root.shop.example',
    serial: 1,
    refresh: 2,
    retry: 3,
    expire: 4,
    minimum: 60,
  },
}

/** A record whose owner is the question, and its RDATA octet for octet. */
const raw = (type: number, rdata: Buffer): Buffer =>
  Buffer.concat([uint16s(0xc00c, type, 1, 0, 60, rdata.length), rdata])

function withAnswers(...records: readonly Buffer[]): Buffer {
  const message = Buffer.concat([queryPacket(NAME, { flags: 0x8180 }), ...records])
  message.writeUInt16BE(records.length, 6)
  return message
}

function withOpt(message: Buffer): Buffer {
  message.writeUInt16BE(1, 10)
  return message
}

const POINTER = uint16s(0xc010)
const OPAQUE = Buffer.alloc(20, 7)

/** Replies as name servers send them, one of each kind. */
export const UPSTREAM_SEEDS: readonly Buffer[] = [
  reply({ answers: [{ type: 'A', name: NAME, ttl: 300, data: '192.0.2.1' }] }),
  reply({
    answers: [
      { type: 'CNAME', name: NAME, ttl: 300, data: 'end.example' },
      { type: 'A', name: 'end.example', ttl: 20, data: '192.0.2.1' },
      { type: 'A', name: 'end.example', ttl: 0, data: '192.0.2.2' },
    ],
    authorities: [{ type: 'NS', name: 'example', ttl: 60, data: 'ns.example' }],
    additionals: [{ type: 'AAAA', name: 'ns.example', ttl: 60, data: '2001:db8::1' }, opt()],
  }),
  reply({ answers: [{ type: 'CNAME', name: NAME, ttl: 300, data: 'gone.example' }], authorities: [soa] }, 3),
  reply({ authorities: [soa], additionals: [opt(), { type: 'A', name: 'ns.example', ttl: 9, data: '192.0.2.9' }] }),
  Buffer.concat([withOpt(reply({}, 2)), optRecord({ options: ednsOption(15, Buffer.from('\0\x03old')) })]),
  reply({ answers: [{ type: 'TXT', name: NAME, ttl: 5, data: ['x'.repeat(200), ''] }] }, 0x0200),
  withAnswers(raw(1, Buffer.of(10, 0, 0, 1)), raw(1, Buffer.of(10, 0, 0, 2)), raw(1, Buffer.of(10, 0, 0, 3))),
  withAnswers(
    raw(15, Buffer.concat([uint16s(10), POINTER])),
    raw(33, Buffer.concat([uint16s(0, 1, 80), spelled('a.b')])),
    raw(35, Buffer.concat([uint16s(1, 2), Buffer.from('\x01s\0\x01x'), POINTER])),
    raw(39, POINTER),
    raw(17, Buffer.concat([POINTER, POINTER])),
    raw(24, Buffer.concat([OPAQUE.subarray(2), POINTER, OPAQUE])),
    raw(30, Buffer.concat([POINTER, OPAQUE])),
    raw(46, Buffer.concat([uint16s(1), OPAQUE.subarray(4), POINTER, OPAQUE])),
    raw(65, Buffer.concat([uint16s(1), Buffer.of(0), uint16s(1, 3), Buffer.from('\x02h2')])),
    raw(257, Buffer.from('\0\x05issueca.example')),
    raw(13, Buffer.from('\x03cpu\x02os')),
  ),
  // Too long without EDNS, but for what is extra.
  reply({
    answers: [{ type: 'A', name: NAME, ttl: 300, data: '192.0.2.1' }],
    authorities: [soa, { type: 'NS', name: 'shop.example', ttl: 60, data: 'ns.example' }],
    additionals: [{ type: 'TXT', name: 'ns.example', ttl: 5, data: ['x'.repeat(250), 'y'.repeat(250)] }],
  }),
  queryPacket(NAME, { id: 0x1234, type: HTTPS, flags: 0x8180 }),
  queryPacket(NAME, { id: 0x1234, type: HTTPS | 0x20, flags: 0x8180 }),
  queryPacket(NAME, { flags: 0x8185, edns: { options: ednsOption(15, Buffer.from('\0\x16why')) } }),
  Buffer.concat([reply({}), optRecord({ version: 1 })]),
]
