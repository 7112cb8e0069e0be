import packet, { type Answer } from 'dns-packet'
import { type LoopbackUpstream, loopbackUpstream } from './loopback-upstream.ts'
import { recordOf } from './zone-line.ts'

const NXDOMAIN = 3
const SOA = recordOfSoa()

/** A recursive server on loopback that knows the records in these lines (`owner TTL TYPE rdata`), and denies all else. */
export function zoneUpstream(lines: readonly string[]): Promise<LoopbackUpstream> {
  const records = lines.map(recordOf)
  return loopbackUpstream(async (query) => [replyTo(packet.decode(query), records)])
}

function replyTo(query: packet.Packet, records: readonly Answer[]): Buffer {
  const { name, type } = query.questions?.[0] ?? { name: '.', type: 'A' }
  const answers = chainFrom(name.toLowerCase(), type, records)
  const exists = records.some((record) => record.name === name.toLowerCase())
  return packet.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | (exists ? 0 : NXDOMAIN),
    questions: query.questions ?? [],
    answers,
    authorities: answers.some((record) => record.type === type) ? [] : [SOA],
  })
}

/** The records at a name, and those that its aliases lead to. */
function chainFrom(name: string, type: string, records: readonly Answer[]): Answer[] {
  const owned = records.filter((record) => record.name === name)
  const alias = owned.find(isAlias)
  if (alias === undefined || type === 'CNAME') return owned.filter((record) => record.type === type)
  return [alias, ...chainFrom(alias.data, type, records)]
}

const isAlias = (record: Answer): record is packet.StringAnswer => record.type === 'CNAME'

function recordOfSoa(): Answer {
  const data = {
    mname: 'ns.example',
    rname: 'hostmaster.example',
    serial: 1,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: 5,
  }
  return { type: 'SOA', name: '.', ttl: 5, data }
}
