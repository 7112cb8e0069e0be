import type { Clock } from '../base/clock.ts'
import type { Random16 } from '../base/random.ts'
import { TYPE } from '../dns/constants.ts'
import type { Name } from '../dns/name.ts'
import { encodeUpstreamQuery } from '../dns/upstream-query.ts'
import { hasReply } from './has-reply.ts'
import type { Upstream } from './upstream.ts'

// As long as a question may take on its way through others.
const PROBE_MS = 3000
const FIRST_PAUSE_MS = 2000
const MAX_TRIES = 5
// An upstream that was found to lead back here is looked at again, and all are when there is reason to.
const PAUSE_WHILE_LOOPING_MS = 30_000
const PAUSE_BETWEEN_ALL_MS = 30_000

interface Options {
  readonly clock: Clock
  readonly random: Random16
  /** A name that nobody has asked for before, for the upstreams of a domain's route. */
  readonly newName: (domain: Name) => Name
  /** From now on a query for this name is one that was sent to this upstream. */
  readonly expect: (name: Name, upstream: Upstream) => void
  readonly onLoop: (upstream: Upstream) => void
  /** An upstream that led back here does so no longer. */
  readonly onEnd: (upstream: Upstream) => void
}

interface Subject {
  readonly upstream: Upstream
  readonly domain: Name
  cameBack: boolean
  cancel: () => void
}

/**
 * Finds upstreams that lead back to us: asks each for a name that nobody can guess, and whoever then asks us for it got it
 * from there. An upstream that loops is asked for nothing else until that is over.
 */
export class LoopCheck {
  readonly #options: Options
  readonly #subjects = new Map<Upstream, Subject>()
  readonly #stopped = new AbortController()
  #allAtMs = Number.NEGATIVE_INFINITY

  constructor(options: Options) {
    this.#options = options
  }

  /** Looks at upstreams that it has not looked at before. */
  look(upstreams: readonly Upstream[], domain: Name): void {
    for (const upstream of upstreams) {
      if (this.#subjects.has(upstream) || this.#stopped.signal.aborted) continue
      const subject = { upstream, domain, cameBack: false, cancel: () => {} }
      this.#subjects.set(upstream, subject)
      void this.#check(subject, 1)
    }
  }

  /** Looks at all again, though not all the time: there are more queries than clients can have sent. */
  lookAgain(): void {
    const nowMs = this.#options.clock.now()
    if (nowMs - this.#allAtMs < PAUSE_BETWEEN_ALL_MS) return
    this.#allAtMs = nowMs
    for (const subject of this.#subjects.values()) {
      subject.cancel()
      void this.#check(subject, 1)
    }
  }

  /** A probe of this upstream has come back. */
  came(upstream: Upstream): void {
    const subject = this.#subjects.get(upstream)
    if (subject === undefined) return
    subject.cameBack = true
    if (upstream.health.isLooping) return
    upstream.health.isLooping = true
    this.#options.onLoop(upstream)
  }

  /** It is gone. */
  forget(upstream: Upstream): void {
    this.#subjects.get(upstream)?.cancel()
    this.#subjects.delete(upstream)
  }

  stop(): void {
    this.#stopped.abort()
    for (const { cancel } of this.#subjects.values()) cancel()
  }

  async #check(subject: Subject, tries: number): Promise<void> {
    const { clock, onEnd } = this.#options
    const { health } = subject.upstream
    subject.cameBack = false
    const isAnswered = await this.#ask(subject)
    if (this.#stopped.signal.aborted || this.#subjects.get(subject.upstream) !== subject) return
    if (health.isLooping && isAnswered && !subject.cameBack) {
      health.isLooping = false
      onEnd(subject.upstream)
    }
    const again = (pauseMs: number, nextTries: number) => {
      subject.cancel = clock.after(pauseMs, () => void this.#check(subject, nextTries))
    }
    if (health.isLooping) again(PAUSE_WHILE_LOOPING_MS, 1)
    // One that says nothing may only be slow, or not there yet.
    else if (!isAnswered && tries < MAX_TRIES) again(FIRST_PAUSE_MS * 2 ** tries, tries + 1)
  }

  // Whether there was a reply.
  #ask({ upstream, domain }: Subject): Promise<boolean> {
    const { clock, random, newName, expect } = this.#options
    const name = newName(domain)
    expect(name, upstream)
    const query = { name, type: TYPE.A, dnssecOk: false, checkingDisabled: false }
    const bytes = encodeUpstreamQuery(query, { id: random(), edns: true })
    return hasReply(upstream, bytes, { clock, timeoutMs: PROBE_MS, stopped: this.#stopped.signal })
  }
}
