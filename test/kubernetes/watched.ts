import assert from 'node:assert/strict'
import type { Random16 } from '../../lib/base/random.ts'
import type { Directory } from '../../lib/cluster/directory.ts'
import { Intake } from '../../lib/cluster/intake.ts'
import { SLIMMERS } from '../../lib/cluster/slim.ts'
import { type Collection, collectionsOf, covers, pathOf, selectorsOf } from '../../lib/kubernetes/collection.ts'
import { Contact } from '../../lib/kubernetes/contact.ts'
import { Reflector } from '../../lib/kubernetes/reflector.ts'
import { Session } from '../../lib/kubernetes/session.ts'
import { WatchState } from '../../lib/kubernetes/watch-state.ts'
import { eventually } from '../helpers/eventually.ts'
import type { FakeApiServer } from '../helpers/fake-api-server.ts'
import { MovedClock, settled } from '../helpers/moved-clock.ts'
import { credentialsOf } from './credentials-of.ts'
import { overheard } from './overheard.ts'
import { questionOf } from './question-of.ts'
import { randomOf } from './random-of.ts'
import { heldBy, newDirectory, tableOf } from './table.ts'
import { Turns } from './turns.ts'

interface Options {
  readonly collections?: readonly Collection[]
  readonly random?: Random16
  /** What comes is cut into pieces of so many octets, with a turn between them. */
  readonly pieceOctets?: number
  /** Called whenever anything has come or has been done. */
  readonly onTurn?: (watched: Watched) => void
}

interface Asked {
  /** Of the clock that is moved. */
  readonly atMs: number
  readonly resource: string
  readonly query: URLSearchParams
}

interface Line {
  readonly collection: Collection
  readonly state: WatchState
  readonly reflector: Reflector
  /** Sleeps before the next try, has asked, is being answered, or follows a watch. */
  phase: 'waits' | 'asks' | 'hears' | 'follows'
}

const LONGEST_WAIT_MS = 60_000
const STEP_MS = 200
const ALL = collectionsOf({ whole: [], nodeName: 'n1' })

/** A directory that is kept up to date from a fake API server. Time is moved by the test, while I/O is real. */
export class Watched implements AsyncDisposable {
  readonly clock = new MovedClock()
  readonly directory: Directory
  /** Asked by any of the reflectors, in order. */
  readonly asked: Asked[] = []
  /** What an object or a server did wrong. */
  readonly problems: string[] = []
  /** What was told of the contact with the server, and when. */
  readonly told: { readonly contact: 'live' | 'away'; readonly atMs: number }[] = []
  readonly #server: FakeApiServer
  readonly #session: Session
  readonly #contact: Contact
  readonly #lines: Line[]
  readonly #options: Options
  readonly #turns = new Turns()
  readonly #runs: Promise<void>[]

  constructor(server: FakeApiServer, options: Options = {}) {
    this.#server = server
    this.#options = options
    const { clock } = this
    this.#session = new Session({ credentials: credentialsOf(server), userAgent: 'test' })
    this.directory = newDirectory(clock)
    const random = options.random ?? randomOf(7)
    this.#lines = (options.collections ?? ALL).map((collection) => this.#line(collection, random))
    this.#contact = new Contact({
      clock,
      watches: this.#lines.map(({ state }) => state),
      onChange: (contact) => {
        this.told.push({ contact, atMs: clock.now() })
        this.directory.know(contact)
      },
    })
    this.#runs = this.#lines.map(({ reflector }) => reflector.run())
  }

  /** Whether all has been listed and is watched. */
  get isFollowing(): boolean {
    return this.#lines.every(({ phase }) => phase === 'follows')
  }

  /** What a user would see. */
  table(): Record<string, string> {
    return tableOf(this.directory)
  }

  /** How the first watch of a kind does. */
  state(kind: Collection['kind']): WatchState {
    return this.#lines.find(({ collection }) => collection.kind === kind)!.state
  }

  /** Requests for a collection: all of it, in pages or streamed, or how to go on from a version. */
  asks(resource: string): { atMs: number; text: string }[] {
    return this.asked
      .filter((one) => one.resource === resource)
      .map(({ atMs, query }) => ({ atMs, text: questionOf(query) }))
  }

  get isAnswered(): boolean {
    return this.#lines.every(({ phase }) => phase === 'hears' || phase === 'follows')
  }

  /** Resolves when all follow the server, or wait before they try again. */
  async rest(): Promise<void> {
    const isAtRest = () => this.#lines.every(({ phase }) => phase === 'waits' || phase === 'follows')
    for (let turns = 0; turns < 2 || !isAtRest(); turns++) {
      await this.until(isAtRest)
      await settled()
    }
  }

  /** Resolves when all follow the server, after a rest. */
  follows(): Promise<void> {
    return this.until(() => this.isFollowing).then(() => this.rest())
  }

  /** Moves time on, step by step; in between all that is asked is answered. */
  async pass(ms: number, stepMs = STEP_MS): Promise<void> {
    await this.rest()
    for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
      this.clock.advance(Math.min(stepMs, leftMs))
      await this.rest()
    }
  }

  /** Moves time on until it holds, step by step. */
  async passUntil(holds: () => boolean, atMostMs: number): Promise<void> {
    const endMs = this.clock.now() + atMostMs
    for (await this.rest(); !holds(); await this.pass(STEP_MS)) {
      assert.ok(this.clock.now() < endMs, `this did not come about within ${atMostMs} ms: ${String(holds)}`)
    }
  }

  /** Moves time on, with a bookmark a minute, as from a real server. */
  async passMinutes(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await this.pass(60_000, 60_000)
      await this.follows()
      this.#server.bookmark()
      await this.until(() => this.#lines.every(({ state }) => state.heardAtMs === this.clock.now()))
    }
  }

  /** Waits, also for time to pass, until a user would see what the server holds. Not while lists are intercepted. */
  async agrees(): Promise<void> {
    await this.passUntil(() => this.isFollowing, LONGEST_WAIT_MS)
    await this.shows(await heldBy(this.#server))
  }

  /** Waits until this is what a user would see. */
  async shows(table: Readonly<Record<string, string>>): Promise<void> {
    await eventually(() => assert.deepEqual(this.table(), table), 8000)
  }

  /** Resolves when it holds; looked at whenever anything has come or has been done. */
  until(holds: () => boolean): Promise<void> {
    return this.#turns.until(holds, () => this.#summary())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { reflector } of this.#lines) reflector.stop()
    this.#contact.close()
    this.directory.close()
    await this.#session.close()
    await Promise.all(this.#runs)
  }

  #line(collection: Collection, random: Random16): Line {
    const [{ clock }, { kind }] = [this, collection]
    const report = (problem: string) => void this.problems.push(problem)
    const state = new WatchState({
      clock,
      isOptional: kind === 'Node',
      onChange: () => this.#contact.look(),
      onListed: () => {},
      onReturn: () => this.#lines.forEach((one) => one.reflector.hurry()),
      onFailure: () => {},
      onSkipped: report,
    })
    const sink = new Intake({
      directory: this.directory,
      kind,
      slim: SLIMMERS[kind],
      covers: covers(collection),
      report,
      onChange() {},
    })
    const get: Session['get'] = (path, query, signal) => this.#get(line, path, query, signal)
    const observer = overheard(state, (what) => {
      if (what === 'connected') line.phase = 'follows'
      this.#changed()
    })
    const [path, selectors] = [pathOf(collection), selectorsOf(collection)]
    const reflector = new Reflector({ path, selectors, get, sink, clock, random, observer })
    const line: Line = { collection, state, reflector, phase: 'waits' }
    return line
  }

  async #get(line: Line, path: string, query: URLSearchParams, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    this.asked.push({ atMs: this.clock.now(), resource: path.slice(path.lastIndexOf('/') + 1), query })
    this.#enter(line, 'asks')
    try {
      const body = await this.#session.get(path, query, signal)
      this.#enter(line, 'hears')
      return this.#pieces(line, body)
    } catch (error) {
      this.#enter(line, 'waits')
      throw error
    }
  }

  async *#pieces(line: Line, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { pieceOctets } = this.#options
    try {
      for await (const chunk of body) {
        for (let at = 0; at < chunk.length; at += pieceOctets ?? chunk.length) {
          yield chunk.subarray(at, at + (pieceOctets ?? chunk.length))
          this.#changed()
          if (pieceOctets !== undefined) await settled()
        }
      }
    } finally {
      this.#enter(line, 'waits')
    }
  }

  #enter(line: Line, phase: Line['phase']): void {
    line.phase = phase
    this.#changed()
  }

  #changed(): void {
    this.#options.onTurn?.(this)
    this.#turns.next()
  }

  #summary(): string {
    const phases = this.#lines.map(({ collection, phase }) => `${pathOf(collection)} ${phase}`)
    return [...phases, ...this.asked.map(({ resource, query }) => `${resource} ${questionOf(query)}`)].join('\n  ')
  }
}
