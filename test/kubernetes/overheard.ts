import type { ReflectorObserver } from '../../lib/kubernetes/reflector-observer.ts'
import type { WatchState } from '../../lib/kubernetes/watch-state.ts'

/** An observer to which all is told, with somebody else who is told afterwards what it was. */
export function overheard(
  { listed, connected, failed, restarted, heard, event, skipped }: WatchState,
  then: (what: keyof ReflectorObserver) => void,
): ReflectorObserver {
  const both =
    <Given extends unknown[]>(what: keyof ReflectorObserver, tell: (...given: Given) => void) =>
    (...given: Given): void => {
      tell(...given)
      then(what)
    }
  return {
    listed: both('listed', listed),
    connected: both('connected', connected),
    failed: both('failed', failed),
    restarted: both('restarted', restarted),
    heard: both('heard', heard),
    event: both('event', event),
    skipped: both('skipped', skipped),
  }
}
