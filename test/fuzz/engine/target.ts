/** What is fuzzed: a function of octets, and what has to hold of it. */
export interface Target {
  /** Throws where something does not hold. Neither time nor chance nor an earlier call may matter. */
  readonly run: (octets: Buffer) => void | Promise<void>
  /** Good inputs, to begin with. */
  readonly seeds: readonly Buffer[]
  /** The files of `lib/` that it is about, as glob patterns. */
  readonly about: readonly string[]
  /** Longer inputs are not gone on from. */
  readonly maxOctets: number
  /** The longest that somebody could send. */
  readonly longOctets: number
  /** What is likely to matter, beside the texts and numbers that stand in the files. */
  readonly words?: readonly (string | Buffer)[]
  /** Steps (blocks of code entered) that one execution may take: so many, and so many for each octet. */
  readonly steps: { readonly base: number; readonly perOctet: number }
}
