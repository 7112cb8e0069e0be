/** How a packet came, as far as the reply depends on it. */
export interface Carrier {
  readonly overUdp: boolean
  /** Whether nobody in between can read it: then how long it is may tell what it says. */
  readonly isEncrypted: boolean
  /** How long its connection may be idle before we close it. */
  readonly idleMs?: number
  /** Where a reply can be written that is finished at once, so that nobody copies it; what it gives may be left unused. */
  readonly room?: (octets: number) => Buffer | undefined
  /**
   * Whether an answer may be worked out for this client; what is finished is sent all the same. Left out: always. Else the
   * reply is silence: what a stub resolver hears it acts on at once, with more queries, or by telling that the name fails.
   */
  readonly affords?: (client: string) => boolean
}

export const UDP: Carrier = { overUdp: true, isEncrypted: false }
export const TCP: Carrier = { overUdp: false, isEncrypted: false }
