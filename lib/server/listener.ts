/** An address to listen on or the one that was bound; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** DNS over TLS, and nothing else there. */
  readonly isEncrypted?: true
}

/** Something bound to one address. */
export interface Listener {
  readonly address: ListenAddress
  /** Takes nothing new, lets what is under way finish for at most `graceMs`, and lets go of the address. */
  close(graceMs: number): Promise<void>
}
