import { fieldsOf } from '../../lib/base/fields.ts'
import type { Directory } from '../../lib/cluster/directory.ts'
import { Intake } from '../../lib/cluster/intake.ts'
import { SLIMMERS } from '../../lib/cluster/slim.ts'
import type { Config } from '../../lib/config/config.ts'
import { type Collection, covers, pathOf, selectorsOf } from '../../lib/kubernetes/collection.ts'
import { Reflector } from '../../lib/kubernetes/reflector.ts'
import type { Session } from '../../lib/kubernetes/session.ts'
import { triggerTimeMs } from '../../lib/kubernetes/trigger-time.ts'
import { WatchState } from '../../lib/kubernetes/watch-state.ts'
import type { Runtime } from './runtime.ts'

interface Parts {
  readonly config: Config
  readonly directory: Directory
  readonly runtime: Runtime
  readonly session: Session
  /** The connection was made or lost, or everything was listed. */
  readonly onState: () => void
  readonly onFailure: (error: Error) => void
  /** The API server answers again. */
  readonly onReturn: () => void
  /** What is known may have changed. */
  readonly onKnown: () => void
  /** Something may have changed that the whole depends on. */
  readonly onRead: () => void
}

/** One collection that is kept up to date. */
export interface Watch {
  readonly collection: Collection
  readonly state: WatchState
  readonly reflector: Reflector
}

/** Puts a watch together; it begins with `reflector.run()`. */
export function startWatch(collection: Collection, parts: Parts): Watch {
  const { clock, random } = parts.runtime
  const { session } = parts
  const state = stateOf(collection, parts)
  const reflector = new Reflector({
    path: pathOf(collection),
    selectors: selectorsOf(collection),
    get: (path, query, signal) => session.get(path, query, signal),
    sink: intakeOf(collection, parts),
    clock,
    random,
    observer: state,
  })
  return { collection, state, reflector }
}

function stateOf(collection: Collection, { runtime, onState, onKnown, onReturn, onFailure }: Parts): WatchState {
  const { clock, warn, counters } = runtime
  const path = pathOf(collection)
  const state = new WatchState({
    clock,
    // Only redirects hang on the labels of our node.
    isOptional: collection.kind === 'Node',
    onChange: onState,
    onListed: onKnown,
    onReturn,
    onFailure: (cause, error) => {
      warn(`watch ${path} ${cause}`, 'watch failed, and is tried again', { path, cause, error: error.message })
      if (!state.isForgone) onFailure(error)
    },
    onSkipped: (problem) => {
      counters.objectProblems++
      warn(`skipped ${path}`, 'object not used', { path, problem })
    },
  })
  return state
}

function intakeOf(collection: Collection, { config, directory, runtime, onKnown, onRead }: Parts): Intake {
  const { wallClock, warn, counters } = runtime
  return new Intake({
    directory,
    kind: collection.kind,
    slim: SLIMMERS[collection.kind],
    covers: covers(collection),
    report: (problem) => {
      counters.objectProblems++
      warn(`object ${problem}`, 'object not used as it stands', { problem })
    },
    onChange: (object) => {
      onKnown()
      const { namespace } = fieldsOf(fieldsOf(object)['metadata'])
      if (config.federations.has(String(namespace))) onRead()
      const changedAtMs = triggerTimeMs(object)
      if (changedAtMs !== undefined) counters.programming.observe(Math.max(0, wallClock() - changedAtMs) / 1000)
    },
  })
}
