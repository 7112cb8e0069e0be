import { TYPE } from './constants.ts'

/** A field of RDATA: a domain name, a character-string, or so many octets. */
type Field = 'name' | 'string' | number

/** Where names stand in the RDATA of a type; what follows the last field is opaque. */
export interface RdataLayout {
  readonly fields: readonly Field[]
  /** Octets behind the fields: exactly so many, or any number. */
  readonly rest: number | 'any'
  /** Whether a sender may compress the names (RFC 3597 §4: only those of RFC 1035). */
  readonly compressible: boolean
}

const layout = (fields: readonly Field[], compressible: boolean, rest: number | 'any' = 0): RdataLayout => ({
  fields,
  rest,
  compressible,
})

const ONE_NAME = layout(['name'], true)

/** The types whose names a receiver has to expand (RFC 3597 §4), and those of fixed size. All others are opaque. */
export const RDATA_LAYOUTS: ReadonlyMap<number, RdataLayout> = new Map([
  [TYPE.A, layout([4], false)],
  [TYPE.AAAA, layout([16], false)],
  [TYPE.NS, ONE_NAME],
  [TYPE.MD, ONE_NAME],
  [TYPE.MF, ONE_NAME],
  [TYPE.CNAME, ONE_NAME],
  [TYPE.MB, ONE_NAME],
  [TYPE.MG, ONE_NAME],
  [TYPE.MR, ONE_NAME],
  [TYPE.PTR, ONE_NAME],
  [TYPE.SOA, layout(['name', 'name'], true, 20)],
  [TYPE.MINFO, layout(['name', 'name'], true)],
  [TYPE.MX, layout([2, 'name'], true)],
  [TYPE.RP, layout(['name', 'name'], false)],
  [TYPE.AFSDB, layout([2, 'name'], false)],
  [TYPE.RT, layout([2, 'name'], false)],
  [TYPE.SIG, layout([18, 'name'], false, 'any')],
  [TYPE.PX, layout([2, 'name', 'name'], false)],
  [TYPE.NXT, layout(['name'], false, 'any')],
  [TYPE.SRV, layout([6, 'name'], false)],
  [TYPE.NAPTR, layout([4, 'string', 'string', 'string', 'name'], false)],
  [TYPE.KX, layout([2, 'name'], false)],
  [TYPE.DNAME, layout(['name'], false)],
])
