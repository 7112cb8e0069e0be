// The stand-in for the world: a process of its own that answers on UDP, with TTLs that outlive a benchmark. Prints its port.
import { createSocket } from 'node:dgram'
import packet from 'dns-packet'
import { UPSTREAM_RECORDS } from './upstream-records.ts'

const TTL_SECONDS = 86_400
const NXDOMAIN = 3

const SOA: packet.Answer = {
  type: 'SOA',
  name: '.',
  ttl: TTL_SECONDS,
  data: {
    mname: 'ns.example.com',
    rname: 'hostmaster.example.com',
    serial: 1,
    refresh: 7200,
    retry: 1800,
    expire: TTL_SECONDS,
    minimum: TTL_SECONDS,
  },
}

/** The records at a name, and those that its aliases lead to. */
function chainFrom(name: string, type: string): packet.Answer[] {
  const owned = UPSTREAM_RECORDS.filter(([owner]) => owner === name.toLowerCase())
  const alias = owned.find(([, recordType]) => recordType === 'CNAME')
  const found = alias === undefined ? owned.filter(([, recordType]) => recordType === type) : [alias]
  const answers = found.map(([, recordType, data]) => ({ type: recordType, name, ttl: TTL_SECONDS, data }))
  return alias === undefined ? answers : [...answers, ...chainFrom(alias[2], type)]
}

function replyTo(query: packet.Packet): Buffer {
  const [question] = query.questions ?? []
  const { name = '.', type = 'A' } = question ?? {}
  const exists = UPSTREAM_RECORDS.some(([owner]) => owner === name.toLowerCase())
  const answers = chainFrom(name, type)
  return packet.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | (exists ? 0 : NXDOMAIN),
    questions: question === undefined ? [] : [question],
    answers,
    authorities: answers.length === 0 ? [SOA] : [],
  })
}

const socket = createSocket('udp4')
socket.on('message', (message, from) => socket.send(replyTo(packet.decode(message)), from.port, from.address))
socket.bind(0, '127.0.0.1', () => process.stdout.write(`${socket.address().port}\n`))
