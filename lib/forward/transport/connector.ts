import type { Socket } from 'node:net'

/** Opens connections to one server. */
export interface Connector {
  /** Protocol and address, for messages. */
  readonly label: string
  /** Whether nobody on the way can read along: queries are padded then, so that their length says little. */
  readonly isEncrypted: boolean
  /** Starts one. `onReady` is called when queries may be written to it; all else the socket tells itself. */
  connect(onReady: () => void): Socket
  /** What an error of its connections means, for somebody who can do something about it. */
  explain(error: Error): Error
}
