import packet, { type RecordType } from 'dns-packet'
import type { Resolve } from '../../lib/dns/answer.ts'
import { TYPE } from '../../lib/dns/constants.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { labelsOf } from '../../lib/dns/name.ts'
import { recordOf } from '../helpers/zone-line.ts'

/** Relays what an upstream would send that knows these records, one a line. Of its aliases the last comes first. */
export function upstreamOf(zone: string): Resolve {
  const records = zone
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => recordOf(line.trim()))
  return async ({ name, type }) => {
    const typeName = Object.entries(TYPE).find(([, number]) => number === type)?.[0] as RecordType
    let at = labelsOf(name).join('.')
    const answers: packet.Answer[] = []
    for (;;) {
      const alias = records.find((record) => record.name === at && record.type === 'CNAME')
      if (alias === undefined || typeName === 'CNAME' || answers.includes(alias)) break
      answers.unshift(alias)
      at = 'data' in alias && typeof alias.data === 'string' ? alias.data : at
    }
    answers.push(...records.filter((record) => record.name === at && record.type === typeName))
    const questions = [{ name: labelsOf(name).join('.'), type: typeName }]
    const message = readMessage(packet.encode({ type: 'response', questions, answers }))
    const expiresAtMs = message.records.map(({ ttlSeconds }) => ttlSeconds * 1000)
    return {
      kind: 'relayed',
      rcode: 0,
      message,
      uses: { count: 0 },
      from: 'upstream',
      expiresAtMs,
      errors: [],
      evidence: [],
      cacheable: true,
    }
  }
}
