import { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import type { Random16 } from '../base/random.ts'
import { ApiError } from './api-error.ts'
import { Belief } from './belief.ts'
import { CollectionClient } from './collection-client.ts'
import { Interruption, type RestartCause } from './interruption.ts'
import { isOlder } from './resource-version.ts'
import type { ReflectorObserver } from './reflector-observer.ts'
import type { Listing, Sink } from './sink.ts'
import type { WatchEvent } from './watch-events.ts'

interface Options {
  /** Of the collection, such as `/api/v1/services`. */
  readonly path: string
  readonly selectors: Readonly<Record<string, string>>
  readonly get: (path: string, query: URLSearchParams, signal: AbortSignal) => Promise<AsyncIterable<Buffer>>
  readonly sink: Sink
  readonly clock: Clock
  readonly random: Random16
  readonly observer: ReflectorObserver
}

// A server sends a bookmark a minute where one is asked for; a watch on which nothing comes is dead.
const SILENCE_MS = 90_000
// A server that has begun a streaming list and says nothing does not know what that is.
const LIST_SILENCE_MS = 30_000
// Spread, so that not all nodes come at the same time.
const WATCH_MS = { least: 290_000, spread: 300_000 }
const RECONCILE_MS = { least: 1_800_000, spread: 1_800_000 }
// What lasted so long has not failed at once.
const STABLE_MS = 10_000

/**
 * Keeps one collection up to date: lists it, watches it from there, and begins again wherever that breaks, for ever.
 * What is known stays until something better is known. Kubernetes API concepts, "Efficient detection of changes".
 */
export class Reflector {
  readonly #options: Options
  readonly #client: CollectionClient
  readonly #backoff: Backoff
  readonly #belief: Belief
  readonly #end = new AbortController()
  /** The last version that is known whole; undefined if everything has to be listed. */
  #version: string | undefined
  #canStream = true
  #canPage = true
  /** The server does not have what is known yet. */
  #isBehind = false
  #reconcileAtMs = Number.POSITIVE_INFINITY

  constructor(options: Options) {
    this.#options = options
    this.#client = new CollectionClient({ ...options, signal: this.#end.signal })
    this.#backoff = new Backoff(options.random)
    this.#belief = new Belief(options.clock)
  }

  /** Runs until it is stopped. Never rejects. */
  async run(): Promise<void> {
    const { clock, observer } = this.#options
    while (!this.#isStopped) {
      const beganAtMs = clock.now()
      if (beganAtMs >= this.#reconcileAtMs) this.#forgetVersion()
      try {
        const cause = await (this.#version === undefined ? this.#list() : this.#watch(this.#version))
        if (this.#isStopped) return
        observer.restarted(cause)
        // A server that ends what it has just begun is asked no faster than one that fails.
        const isUsual = cause === 'reconcile' || clock.now() - beganAtMs >= STABLE_MS
        if (isUsual) this.#backoff.reset()
        else await this.#sleep(this.#backoff.nextMs())
      } catch (error) {
        if (this.#isStopped) return
        await this.#recover(error instanceof Error ? error : new Error(String(error)), beganAtMs)
      }
    }
  }

  stop(): void {
    this.#end.abort()
  }

  get #isStopped(): boolean {
    return this.#end.signal.aborted
  }

  // What the caches of the server hold is not enough then.
  get #needsLatest(): boolean {
    return this.#isBehind || this.#belief.isInDoubt
  }

  async #recover(error: Error, beganAtMs: number): Promise<void> {
    const { clock, observer } = this.#options
    const cause = causeOf(error)
    // What was lost may have been anything. A server that never had the version says nothing at all.
    if (cause === 'gone' || cause === 'garbled' || cause === 'mute') this.#version = undefined
    observer.restarted(cause)
    if (cause !== 'gone') observer.failed(cause, error)
    if (clock.now() - beganAtMs >= STABLE_MS) this.#backoff.reset()
    const askedForMs = (error instanceof ApiError && error.retryAfterMs) || 0
    // All who were told the same time must not come back at the same time.
    await this.#sleep(askedForMs + this.#backoff.nextMs())
  }

  // Only of what is listed from time to time a lost event is found.
  #forgetVersion(): void {
    this.#version = undefined
    this.#canStream = true
  }

  async #list(): Promise<RestartCause> {
    if (!this.#canStream || this.#needsLatest) return this.#watch(await this.#listPages())
    try {
      return await this.#listAndWatch()
    } catch (error) {
      if (this.#version !== undefined || !isNoStream(error)) throw error
      this.#canStream = false
      return this.#watch(await this.#listPages())
    }
  }

  /** A streaming list (KEP-3157), which goes on as a watch. */
  async #listAndWatch(): Promise<RestartCause> {
    const { sink, observer } = this.#options
    let listing: Listing | undefined = sink.list()
    const silenceMs = () => (listing === undefined ? SILENCE_MS : LIST_SILENCE_MS)
    const parameters = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
    for await (const events of this.#client.watch(parameters, { timeoutMs: this.#watchMs(), silenceMs })) {
      for (const event of events) {
        if (listing === undefined) this.#follow(event)
        else if (!event.endsList) addTo(listing, event)
        else {
          this.#take(listing, event.version)
          listing = undefined
          observer.connected()
        }
      }
      if (listing === undefined && this.#isTimeToReconcile()) return 'reconcile'
    }
    if (listing !== undefined) throw new Interruption('cut', 'a list that ended before its end')
    return 'end'
  }

  async #watch(from: string): Promise<RestartCause> {
    const onOpen = () => this.#options.observer.connected()
    const options = { timeoutMs: this.#watchMs(), silenceMs: () => SILENCE_MS, onOpen }
    for await (const events of this.#client.watch({ resourceVersion: from }, options)) {
      for (const event of events) this.#follow(event)
      if (this.#isTimeToReconcile()) return 'reconcile'
    }
    return 'end'
  }

  #watchMs(): number {
    return spread(WATCH_MS, this.#options.random)
  }

  #follow({ type, object, version }: WatchEvent): void {
    const { sink, observer } = this.#options
    if (type === 'DELETED') sink.deleted(object)
    else if (type !== 'BOOKMARK') sink.changed(object)
    if (type !== 'BOOKMARK') observer.event()
    // A bookmark may be older than the events before it.
    if (version === undefined || isOlder(version, this.#version)) return
    this.#version = version
    this.#belief.version = version
  }

  #isTimeToReconcile(): boolean {
    if (this.#options.clock.now() < this.#reconcileAtMs) return false
    this.#forgetVersion()
    return true
  }

  /** The version that the list is of. */
  async #listPages(): Promise<string> {
    const listing = this.#options.sink.list()
    // From the cache of the server, if that is not behind of what is known.
    const known = this.#belief.version ?? '0'
    const parameters = this.#needsLatest ? {} : { resourceVersion: known, resourceVersionMatch: 'NotOlderThan' }
    try {
      return this.#take(listing, await this.#client.list(parameters, this.#canPage, (item) => listing.add(item)))
    } catch (error) {
      if (error instanceof ApiError && error.isTooLargeVersion) this.#isBehind = true
      // The server has forgotten the version that the pages are of: the next time all at once.
      if (error instanceof ApiError && error.isGone) this.#canPage = false
      throw error
    }
  }

  /** Takes a list over, if it can be right; the version that it is of. */
  #take(listing: Listing, listed: string | undefined): string {
    const { clock, sink, observer, random } = this.#options
    const version = this.#belief.take(listed, listing.size, sink.isEmpty)
    listing.commit()
    this.#version = version
    this.#isBehind = false
    this.#canPage = true
    this.#reconcileAtMs = clock.now() + spread(RECONCILE_MS, random)
    observer.listed()
    return version
  }

  #sleep(delayMs: number): Promise<void> {
    const { signal } = this.#end
    return new Promise((resolve) => {
      const end = () => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = this.#options.clock.after(delayMs, end)
      signal.addEventListener('abort', end)
    })
  }
}

function addTo(listing: Listing, { type, object }: WatchEvent): void {
  if (type === 'DELETED') listing.remove(object)
  else if (type !== 'BOOKMARK') listing.add(object)
}

function causeOf(error: Error): RestartCause {
  if (error instanceof Interruption) return error.restart
  if (error instanceof ApiError) return error.isGone ? 'gone' : 'status'
  return 'error'
}

// 400 and 422: the server does not know streaming lists, or does not allow them; one that is too old is silent.
const isNoStream = (error: unknown): boolean =>
  (error instanceof ApiError && (error.status === 400 || error.status === 422)) ||
  (error instanceof Interruption && (error.restart === 'mute' || error.restart === 'silence'))

const spread = ({ least, spread: most }: { least: number; spread: number }, random: Random16): number =>
  least + (random() / 65_536) * most
