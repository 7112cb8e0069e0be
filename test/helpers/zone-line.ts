import type { Answer } from 'dns-packet'

const dotless = (name: string): string => name.replace(/(?<=.)\.$/, '')

/** `owner TTL TYPE rdata` as a record of dns-packet. */
export function recordOf(line: string): Answer {
  const [owner = '', ttl = '0', type = 'A', ...rdata] = line.split(/\s+/)
  return { name: dotless(owner).toLowerCase(), ttl: Number(ttl), ...dataOf(type, rdata) } as Answer
}

function dataOf(type: string, rdata: string[]): object {
  const [first = '', second = '', third = '', fourth = ''] = rdata
  if (type === 'SRV') {
    return {
      type,
      data: { priority: Number(first), weight: Number(second), port: Number(third), target: dotless(fourth) },
    }
  }
  if (type === 'TXT') return { type, data: rdata.map((word) => Buffer.from(word.replaceAll('"', ''))) }
  return { type, data: type === 'CNAME' || type === 'NS' || type === 'PTR' ? dotless(first) : first }
}

/** A record of dns-packet as `owner TTL TYPE rdata`, names with their final dot. */
export function lineOf(record: Answer): string {
  const owner = record.name === '.' ? '.' : `${record.name}.`
  return 'ttl' in record ? `${owner} ${record.ttl} ${record.type} ${rdataText(record)}` : `${owner} ${record.type}`
}

function rdataText(record: Answer): string {
  if (record.type === 'SRV') {
    const { priority, weight, port, target } = record.data
    return `${priority} ${weight} ${port} ${target}.`
  }
  if (record.type === 'SOA') return `${record.data.mname}. ${record.data.minimum}`
  if (record.type === 'RRSIG') return record.data.typeCovered
  if (record.type === 'HINFO') return `"${record.data.cpu}" "${record.data.os}"`
  if (record.type === 'TXT')
    return [record.data]
      .flat()
      .map((text) => `"${String(text)}"`)
      .join(' ')
  if (record.type === 'CNAME' || record.type === 'NS' || record.type === 'PTR') return `${record.data}.`
  return 'data' in record && typeof record.data === 'string' ? record.data : ''
}
