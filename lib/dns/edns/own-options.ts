import { paddingOption } from './padding.ts'

/** The options that a client asked for, for its reply. They never become a part of an image. */
export interface OwnOptions {
  /** In wire form; these come before records: without its cookie, a client drops the reply (RFC 7873 §5.3). */
  readonly needed: Buffer
  /** In wire form; these give way to records. */
  readonly extra: Buffer
  readonly pads: boolean
}

const NONE = Buffer.alloc(0)

/** Of a query that asks for none, as nearly all do. */
export const NO_OWN_OPTIONS: OwnOptions = { needed: NONE, extra: NONE, pads: false }

/** The same, and known to be none where it is none. */
export const ownOptions = (own: OwnOptions): OwnOptions =>
  own.pads || own.needed.length + own.extra.length > 0 ? own : NO_OWN_OPTIONS

/**
 * The options of a reply in the order in which they matter: what is needed, who we are, why (RFC 8914), padding. What
 * does not fit is left out. `octets` is what the reply has without them, its OPT record included.
 */
export function optionsWithin(limit: number, octets: number, own: OwnOptions, why: Buffer): Buffer {
  const room = limit - octets
  if (own === NO_OWN_OPTIONS) return why.length <= room ? why : NONE
  const taken: Buffer[] = []
  let used = 0
  for (const options of [own.needed, own.extra, why]) {
    if (used + options.length > room) continue
    taken.push(options)
    used += options.length
  }
  const padding = own.pads ? paddingOption(octets + used, limit) : undefined
  return Buffer.concat(padding === undefined ? taken : [...taken, padding])
}
