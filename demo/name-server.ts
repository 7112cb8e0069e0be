import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import packet, { type Answer, type StringAnswer } from 'dns-packet'
import type { Zone } from './zone-file.ts'

const ZONE = 'example.com'
const SOA: Answer = {
  type: 'SOA',
  name: ZONE,
  ttl: 60,
  data: {
    mname: `ns.${ZONE}`,
    rname: `hostmaster.${ZONE}`,
    serial: 1,
    refresh: 3600,
    retry: 600,
    expire: 86_400,
    minimum: 60,
  },
}
const REFUSED = 5
const NXDOMAIN = 3

/** The authoritative name server of the public zone, on UDP and TCP of one loopback port. */
export async function startNameServer(zone: Zone, port: number): Promise<() => void> {
  const udp = createSocket('udp4')
  udp.on('message', (query, { port, address }) => udp.send(reply(zone, query), port, address))
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  const tcp = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    // A client asks one question, which comes in one piece on the loopback interface.
    socket.on('data', (framed: Buffer) => {
      const answer = reply(zone, framed.subarray(2))
      socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 0xff]), answer]))
    })
  })
  tcp.listen(port, '127.0.0.1')
  await once(tcp, 'listening')
  return () => {
    udp.close()
    tcp.close()
  }
}

function reply(zone: Zone, bytes: Buffer): Buffer {
  const { id = 0, flags = 0, questions = [] } = packet.decode(bytes)
  const [{ name, type } = { name: '', type: 'A' }] = questions
  const { answers, authorities, rcode } = answer(zone, name.toLowerCase(), type)
  const echoed = flags & packet.RECURSION_DESIRED
  return packet.encode({
    type: 'response',
    id,
    flags: packet.AUTHORITATIVE_ANSWER | echoed | rcode,
    questions,
    answers,
    authorities,
  })
}

function answer(zone: Zone, name: string, type: string): { answers: Answer[]; authorities: Answer[]; rcode: number } {
  if (name !== ZONE && !name.endsWith(`.${ZONE}`)) return { answers: [], authorities: [], rcode: REFUSED }
  const { answers, exists } = lookUp(zone, name, type)
  const isNegative = !answers.some((record) => record.type === type)
  return { answers, authorities: isNegative ? [SOA] : [], rcode: exists ? 0 : NXDOMAIN }
}

// What the zone has of the type, and the aliases that lead there. A name exists if anything is at or below it.
function lookUp({ records }: Zone, asked: string, type: string): { answers: Answer[]; exists: boolean } {
  const answers: Answer[] = []
  for (let name = asked; ; ) {
    const here = records.get(name) ?? []
    const alias = here.find((record): record is StringAnswer => record.type === 'CNAME')
    if (alias === undefined || type === 'CNAME' || answers.includes(alias)) {
      answers.push(...here.filter((record) => record.type === type))
      const exists = name === ZONE || [...records.keys()].some((owner) => owner === name || owner.endsWith(`.${name}`))
      return { answers, exists }
    }
    answers.push(alias)
    name = alias.data
  }
}
