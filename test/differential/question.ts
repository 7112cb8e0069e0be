import { optRecord, uint16s } from '../helpers/packets.ts'
import { octetsOf } from './presented-name.ts'

/** What a client asks, and how. */
export interface Question {
  /** As it is spelled, with escapes. */
  readonly name: string
  readonly type: number
  readonly class: number
  readonly overTcp: boolean
  readonly recursionDesired: boolean
  readonly checkingDisabled: boolean
  readonly authenticData: boolean
  /** Bits of the header that mean nothing in a query. */
  readonly strayFlags: number
  readonly edns: Edns | undefined
}

interface Edns {
  readonly payloadOctets: number
  readonly version: number
  readonly dnssecOk: boolean
  /** Bits beside DO that mean nothing yet. */
  readonly strayFlags: number
  /** In wire form. */
  readonly options: Buffer
}

const RD = 0x100
const AD = 0x20
const CD = 0x10
const DO = 0x8000

/** The question with id 0. */
export function packetOf({ name, type, class: cls, edns, ...bits }: Question): Buffer {
  const wanted = (bits.recursionDesired ? RD : 0) | (bits.authenticData ? AD : 0) | (bits.checkingDisabled ? CD : 0)
  const flags = wanted | bits.strayFlags
  const opt = edns && optRecord({ ...edns, flags: (edns.dnssecOk ? DO : 0) | edns.strayFlags })
  return Buffer.concat([
    uint16s(0, flags, 1, 0, 0, opt === undefined ? 0 : 1),
    octetsOf(name),
    uint16s(type, cls),
    opt ?? Buffer.alloc(0),
  ])
}

/** For whoever has to ask it again by hand. */
export function questionText({ name, type, class: cls, edns, ...bits }: Question): string {
  const words: readonly (readonly [string, boolean])[] = [
    [`CLASS${cls}`, cls !== 1],
    ['+tcp', bits.overTcp],
    ['+nord', !bits.recursionDesired],
    ['+cd', bits.checkingDisabled],
    ['+ad', bits.authenticData],
    [`+flags=${bits.strayFlags}`, bits.strayFlags > 0],
  ]
  const said = words.filter(([, isSo]) => isSo).map(([word]) => word)
  return [name, `TYPE${type}`, ...said, edns === undefined ? '+noedns' : ednsText(edns)].join(' ')
}

function ednsText({ payloadOctets, version, dnssecOk, strayFlags, options }: Edns): string {
  const flags = `${dnssecOk ? ' +do' : ''}${strayFlags > 0 ? ` +ednsflags=${strayFlags}` : ''}`
  const list = options.length > 0 ? ` +options=${options.toString('hex')}` : ''
  return `+edns=${version} +bufsize=${payloadOctets}${flags}${list}`
}
