export type Parameters = ReadonlyMap<string, string>

/** Something that an operator can ask of a running process. */
export interface Verb {
  readonly method: 'GET' | 'POST'
  /** The names of its parameters; others are refused. */
  readonly takes: readonly string[]
  /**
   * What it has to say, sent as lines of JSON while it is iterated over: in turns, between which all else goes on.
   * Throws a BadRequest, before it iterates, for parameters that it cannot use.
   */
  run(parameters: Parameters): Iterable<object> | Promise<Iterable<object>>
}

/** By name: `purge` is asked for with `POST /purge`. */
export type Verbs = Readonly<Record<string, Verb>>

/** What was asked for cannot be; the message says why, and what is allowed. */
export class BadRequest extends Error {}
