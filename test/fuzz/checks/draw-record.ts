import { TYPE } from '../../../lib/dns/constants.ts'
import type { RdataPiece } from '../../../lib/dns/expand-rdata.ts'
import { RDATA_LAYOUTS } from '../../../lib/dns/rdata-layout.ts'
import type { ResourceRecord } from '../../../lib/dns/record.ts'
import type { Draw } from './draw.ts'
import { drawName } from './draw-name.ts'

const TYPES = [...RDATA_LAYOUTS.keys(), TYPE.A, TYPE.A, TYPE.AAAA, TYPE.TXT, TYPE.HTTPS, TYPE.RRSIG, 65_280]

/** A record whose RDATA is as its type wants it; of any class. */
export function drawRecord(draw: Draw, more: Partial<ResourceRecord> = {}): ResourceRecord {
  const type = draw.pick(TYPES)
  const owner = drawName(draw)
  const ttlSeconds = draw.flag() ? draw.below(256) : draw.uint32()
  return { owner, type, class: draw.below(8) === 7 ? 3 : 1, ttlSeconds, rdata: drawRdata(draw, type), ...more }
}

function drawRdata(draw: Draw, type: number): RdataPiece[] {
  const layout = RDATA_LAYOUTS.get(type)
  if (layout === undefined) return [{ octets: draw.octets(draw.below(64)) }]
  const pieces = layout.fields.map((field): RdataPiece => {
    if (field === 'name') return { name: drawName(draw) }
    const octets = field === 'string' ? drawString(draw) : filled(draw, field)
    return { octets }
  })
  const rest = layout.rest === 'any' ? draw.below(32) : layout.rest
  return rest === 0 ? pieces : [...pieces, { octets: filled(draw, rest) }]
}

function drawString(draw: Draw): Buffer {
  const text = draw.octets(draw.below(256))
  return Buffer.concat([Buffer.of(text.length), text])
}

function filled(draw: Draw, count: number): Buffer {
  const octets = Buffer.alloc(count)
  draw.octets(count).copy(octets)
  return octets
}
