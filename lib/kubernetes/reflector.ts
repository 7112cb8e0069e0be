import { Backoff } from '../base/backoff.ts'
import type { Random16 } from '../base/random.ts'
import { sleep } from '../base/sleep.ts'
import { ApiError } from './api-error.ts'
import { Belief } from './belief.ts'
import { type ClientOptions, CollectionClient } from './collection-client.ts'
import { causeOf, isAboutRequest, isNoStream } from './failure.ts'
import { Interruption, type RestartCause } from './interruption.ts'
import { isOlder } from './resource-version.ts'
import type { Listing, Sink } from './sink.ts'
import type { WatchEvent } from './watch-events.ts'

interface Options extends Omit<ClientOptions, 'signal'> {
  readonly sink: Sink
  readonly random: Random16
}

// A server sends a bookmark a minute where one is asked for; a watch on which nothing comes is dead.
const SILENCE_MS = 90_000
// A server that has begun a streaming list and says nothing does not know what that is.
const LIST_SILENCE_MS = 30_000
// Spread, so that not all nodes come at the same time.
const WATCH_MS = { least: 290_000, spread: 300_000 }
const RECONCILE_MS = { least: 1_800_000, spread: 1_800_000 }
const RECONCILE_AGAIN_MS = { least: 300_000, spread: 300_000 }
// What lasted so long has not failed at once.
const STABLE_MS = 10_000
// A streaming list that is not at its end by then never will be.
const MAX_LIST_MS = 120_000
// So often a watch may be refused before it is taken to be for the version that it is to begin with.
const MAX_REFUSALS = 5

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
  #hurry = new AbortController()
  /** The last version that is known whole; undefined if everything has to be listed. */
  #version: string | undefined
  #canStream = true
  #canPage = true
  /** The server does not have what is known yet. */
  #isBehind = false
  #reconcileAtMs = Number.POSITIVE_INFINITY
  #openedAtMs: number | undefined
  #failedOf: RestartCause | undefined
  #refusals = 0
  #lists = 0

  constructor(options: Options) {
    this.#options = options
    this.#client = new CollectionClient({ ...options, signal: this.#end.signal })
    this.#backoff = new Backoff(options.random)
    this.#belief = new Belief(options.clock)
  }

  /** Runs until it is stopped. Never rejects. */
  async run(): Promise<void> {
    const { observer } = this.#options
    while (!this.#isStopped) {
      this.#openedAtMs = undefined
      const isReconcile = this.#isTimeToReconcile
      // The server may be another one by now.
      if (isReconcile) this.#canStream = true
      try {
        const cause = await (this.#version === undefined || isReconcile ? this.#list() : this.#watch(this.#version))
        if (this.#isStopped) return
        observer.restarted(cause)
        // A server that ends what it has just begun is asked no faster than one that fails.
        if (cause === 'reconcile' || this.#isStable) this.#backoff.reset()
        else await this.#pause()
      } catch (error) {
        if (this.#isStopped) return
        await this.#recover(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  stop(): void {
    this.#end.abort()
  }

  /** Somebody else has found that the server is there again: if it was away, it is not waited for any longer. */
  hurry(): void {
    if (this.#failedOf !== 'error' && this.#failedOf !== 'cut') return
    this.#hurry.abort()
    this.#hurry = new AbortController()
  }

  get #isStopped(): boolean {
    return this.#end.signal.aborted
  }

  // What the caches of the server hold is not enough then.
  get #needsLatest(): boolean {
    return this.#isBehind || this.#belief.isInDoubt
  }

  get #isStable(): boolean {
    return this.#openedAtMs !== undefined && this.#options.clock.now() - this.#openedAtMs >= STABLE_MS
  }

  async #recover(error: Error): Promise<void> {
    const { clock, random, observer } = this.#options
    const cause = causeOf(error)
    // A list that cannot be had does not stop a watch that can; one that is in doubt is soon looked at again.
    if (this.#isTimeToReconcile && cause !== 'doubt')
      this.#reconcileAtMs = clock.now() + spread(RECONCILE_AGAIN_MS, random)
    if (this.#isPointless(error)) this.#version = undefined
    observer.restarted(cause)
    if (cause !== 'gone') observer.failed(cause, error)
    // A server that says so is there again; one that says nothing else is not asked ever again at once.
    if (this.#isStable || (cause === 'gone' && this.#failedOf !== 'gone')) this.#backoff.reset()
    this.#failedOf = cause
    if (error instanceof ApiError && error.retryAfterMs !== undefined)
      await sleep(clock, error.retryAfterMs, this.#end.signal)
    // All who were told the same time must not come back at the same time.
    await this.#pause()
  }

  async #pause(): Promise<void> {
    await sleep(this.#options.clock, this.#backoff.nextMs(), AbortSignal.any([this.#end.signal, this.#hurry.signal]))
  }

  // Whether to watch from the same version again leads nowhere: what was lost may have been anything, or the server does
  // not have the version any more, or never had it (it says nothing at all then).
  #isPointless(error: Error): boolean {
    const cause = causeOf(error)
    if (cause === 'gone' || cause === 'garbled' || cause === 'mute') return true
    if (!isAboutRequest(error)) return false
    this.#refusals++
    return this.#openedAtMs !== undefined || this.#refusals >= MAX_REFUSALS
  }

  #opened(): void {
    this.#openedAtMs = this.#options.clock.now()
    this.#refusals = 0
    this.#options.observer.connected()
  }

  async #list(): Promise<RestartCause> {
    if (!this.#canStream || this.#needsLatest) return this.#watch(await this.#listPages())
    const before = this.#lists
    try {
      return await this.#listAndWatch()
    } catch (error) {
      if (this.#lists > before || !isNoStream(error)) throw error
      this.#canStream = false
      return this.#watch(await this.#listPages())
    }
  }

  /** A streaming list (KEP-3157), which goes on as a watch. */
  async #listAndWatch(): Promise<RestartCause> {
    const { sink, clock } = this.#options
    const endsAtMs = clock.now() + MAX_LIST_MS
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
          this.#opened()
        }
      }
      if (listing === undefined && this.#isTimeToReconcile) return 'reconcile'
      if (listing !== undefined && clock.now() >= endsAtMs) throw new Interruption('garbled', 'a list without an end')
    }
    if (listing !== undefined) throw new Interruption('cut', 'a list that ended before its end')
    return 'end'
  }

  async #watch(from: string): Promise<RestartCause> {
    const options = { timeoutMs: this.#watchMs(), silenceMs: () => SILENCE_MS, onOpen: () => this.#opened() }
    for await (const events of this.#client.watch({ resourceVersion: from }, options)) {
      for (const event of events) this.#follow(event)
      if (this.#isTimeToReconcile) return 'reconcile'
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

  // Only of what is listed from time to time a lost event is found.
  get #isTimeToReconcile(): boolean {
    return this.#options.clock.now() >= this.#reconcileAtMs
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
    this.#lists++
    this.#version = version
    this.#isBehind = false
    this.#canPage = true
    this.#reconcileAtMs = clock.now() + spread(RECONCILE_MS, random)
    observer.listed()
    return version
  }
}

function addTo(listing: Listing, { type, object }: WatchEvent): void {
  if (type === 'DELETED') listing.remove(object)
  else if (type !== 'BOOKMARK') listing.add(object)
}

const spread = ({ least, spread: most }: { least: number; spread: number }, random: Random16): number =>
  least + (random() / 65_536) * most
