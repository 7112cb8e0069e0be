import type { RestartCause } from './interruption.ts'

/** Told of what a reflector does; all in the same turn. */
export interface ReflectorObserver {
  /** Everything has been listed; a watch follows. */
  listed(): void
  /** A watch is open: what is known is what is. */
  connected(): void
  /** The connection is lost, or could not be made. */
  failed(cause: RestartCause, error: Error): void
  restarted(cause: RestartCause): void
  /** Something came: an event, a bookmark, a part of a list. */
  heard(): void
  event(): void
  /** An object was too large. */
  skipped(problem: string): void
}
