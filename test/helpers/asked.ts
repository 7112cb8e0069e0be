import packet from 'dns-packet'
import { RCODE, TYPE } from '../../lib/dns/constants.ts'
import { askUdp, type Server } from './dns-client.ts'
import { headerOf, queryPacket } from './packets.ts'
import { lineOf } from './zone-line.ts'

const RCODES = new Map<number, string>(Object.entries(RCODE).map(([name, number]) => [number, name]))

/** Asks `name TYPE` over UDP. The rcode and the answer section, as lines without TTL. */
export async function ask(server: Server, question: string): Promise<string[]> {
  return answerOf(await askUdp(server, questionPacket(question)))
}

export function questionPacket(question: string, id?: number): Buffer {
  const [name = '', type = 'A'] = question.split(' ')
  return queryPacket(name, { type: TYPE[type as keyof typeof TYPE], ...(id !== undefined && { id }) })
}

export function answerOf(reply: Buffer): string[] {
  const { rcode } = headerOf(reply)
  const records = (packet.decode(reply).answers ?? []).map((record) => lineOf(record).replace(/^(\S+) \d+ /, '$1 '))
  return [RCODES.get(rcode) ?? String(rcode), ...records]
}
