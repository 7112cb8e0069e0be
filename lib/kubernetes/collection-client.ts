import type { Clock } from '../base/clock.ts'
import { attentive } from './attentive.ts'
import { listPages } from './list-pages.ts'
import type { ReflectorObserver } from './reflector-observer.ts'
import { type WatchEvent, watchEvents } from './watch-events.ts'

export interface ClientOptions {
  /** Of the collection, such as `/api/v1/services`. */
  readonly path: string
  readonly selectors: Parameters
  readonly get: (path: string, query: URLSearchParams, signal: AbortSignal) => Promise<AsyncIterable<Buffer>>
  readonly clock: Clock
  readonly observer: ReflectorObserver
  /** Ends all that is under way. */
  readonly signal: AbortSignal
}

type Parameters = Readonly<Record<string, string>>

interface WatchOptions {
  readonly timeoutMs: number
  /** How long nothing may come. */
  readonly silenceMs: () => number
  readonly onOpen?: () => void
}

const PAGE_ITEMS = 500
const PAGE_SILENCE_MS = 30_000
const MAX_OBJECT_OCTETS = 16 * 1024 * 1024 // etcd takes 1.5 MB by default

/** The two ways to ask for a collection (Kubernetes API concepts). Both reject with an ApiError or an Interruption. */
export class CollectionClient {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** Lists everything, in pages or at once; the version that the list is of. */
  list(parameters: Parameters, inPages: boolean, add: (item: unknown) => void): Promise<string | undefined> {
    return listPages({
      get: (more) => this.#get(more, { silenceMs: () => PAGE_SILENCE_MS }),
      parameters,
      pageItems: inPages ? PAGE_ITEMS : undefined,
      maxObjectOctets: MAX_OBJECT_OCTETS,
      add,
      onSkipped: (problem) => this.#options.observer.skipped(problem),
    })
  }

  /** The events of a watch, as many as came together, until the server ends it. */
  watch(parameters: Parameters, options: WatchOptions): AsyncGenerator<Iterable<WatchEvent>> {
    const timeoutSeconds = String(Math.round(options.timeoutMs / 1000))
    const body = this.#get({ watch: '1', allowWatchBookmarks: 'true', timeoutSeconds, ...parameters }, options)
    const onSkipped = (problem: string) => this.#options.observer.skipped(problem)
    return watchEvents(body, { maxObjectOctets: MAX_OBJECT_OCTETS, onSkipped })
  }

  #get(parameters: Parameters, { silenceMs, onOpen = () => {} }: Omit<WatchOptions, 'timeoutMs'>) {
    const { get, path, selectors, clock, observer, signal } = this.#options
    const query = new URLSearchParams({ ...selectors, ...parameters })
    const onChunk = () => observer.heard()
    return attentive((either) => get(path, query, either), { clock, signal, silenceMs, onOpen, onChunk })
  }
}
