/** Why a watch had to be opened again. */
export type RestartCause =
  /** The server ended it, as it does after the time that it was asked for. */
  | 'end'
  /** The connection broke. */
  | 'cut'
  /** No connection, or no answer. */
  | 'error'
  /** The server refused. */
  | 'status'
  /** Nothing came for too long. */
  | 'silence'
  /** Nothing has ever come. */
  | 'mute'
  /** The version to go on from is not there any more. */
  | 'gone'
  /** What came cannot be understood. */
  | 'garbled'
  /** What came cannot be right. */
  | 'doubt'
  /** It was time to list everything again. */
  | 'reconcile'

/** An end that is no answer of the server: what we make of what came, or did not come. */
export class Interruption extends Error {
  readonly restart: RestartCause

  constructor(restart: RestartCause, message: string, options?: ErrorOptions) {
    super(message, options)
    this.restart = restart
  }
}
