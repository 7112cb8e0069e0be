import { STATUS_CODES, type ServerResponse } from 'node:http'
import { type ApiBehaviour, ApiStatus, respond, type Watch } from './fake-api-answers.ts'
import { type ApiBody, ApiListener, type ApiRequest, type TlsKeys } from './fake-api-http.ts'
import { bookmarkEvent, type Change, changeEvent, FakeApiStore } from './fake-api-store.ts'

type RequestMatch = Partial<Pick<ApiRequest, 'resource' | 'namespace' | 'isWatch'>> | ((request: ApiRequest) => boolean)

interface CannedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A text as it is, an object as JSON; a Status of that code when left out. */
  readonly body?: string | object
}

/** Answers by itself; or returns `serve`, at once or later, and the request is served as if nothing had been. */
type Handler = (request: ApiRequest, response: ServerResponse) => unknown

interface Interception {
  readonly matches: (request: ApiRequest) => boolean
  readonly answer: CannedAnswer | Handler
  left: number
}

const UNTIL_MS = 10_000

/** A Kubernetes API server, as far as a reflector sees, that misbehaves when told. */
export class FakeApiServer implements ApiBehaviour, AsyncDisposable {
  /** All that were read, in order. */
  readonly requests: ApiRequest[] = []
  acceptsToken: ApiBehaviour['acceptsToken'] = () => true
  allows: ApiBehaviour['allows'] = () => true
  watchList: ApiBehaviour['watchList'] = true
  expiredWatch: ApiBehaviour['expiredWatch'] = 'event'

  readonly #store = new FakeApiStore()
  readonly #listener: ApiListener
  readonly #watches = new Set<Watch>()
  readonly #interceptions = new Set<Interception>()
  readonly #waits = new Set<{ readonly check: () => void; readonly fail: (why: string) => void }>()

  constructor(tls?: TlsKeys) {
    this.#listener = new ApiListener((request, body) => void this.#answer(request, body), tls)
  }

  get url(): string {
    return this.#listener.url
  }

  get resourceVersion(): number {
    return this.#store.version
  }

  /** Creates or replaces an object, by its kind, and tells those who watch. */
  apply(object: object): void {
    this.#tell(this.#store.put(object, false))
  }

  /** Deletes `namespace/name`, or the name of a Node, and tells those who watch. */
  remove(kind: string, name: string): void {
    this.#tell(this.#store.delete(kind, name, false))
  }

  /** As apply, but nobody is told, now or later: an event that was lost. */
  applySilently(object: object): void {
    this.#store.put(object, true)
  }

  removeSilently(kind: string, name: string): void {
    this.#store.delete(kind, name, true)
  }

  /** Sends a bookmark of this moment into open watches that allow it. */
  bookmark(resource?: string): void {
    for (const watch of this.#watchesOf(resource)) {
      if (watch.allowsBookmarks) watch.body.send([bookmarkEvent(watch.resource, this.#store.version)])
    }
  }

  openWatches(resource?: string): number {
    return this.#watchesOf(resource).length
  }

  /** Sends any bytes into open watches. */
  sendRaw(resource: string, bytes: string | Buffer): void {
    for (const { body } of this.#watchesOf(resource)) body.send([bytes])
  }

  /** Ends open watches cleanly, after what was sent. */
  endWatches(resource?: string): void {
    for (const watch of this.#watchesOf(resource)) this.#end(watch)
  }

  /** Closes the connections of open watches in the middle of the body. What was sent before still arrives. */
  cutWatches(resource?: string): void {
    for (const watch of this.#watchesOf(resource)) {
      this.#watches.delete(watch)
      watch.body.cut()
    }
    this.#changed()
  }

  /**
   * On: nothing more is sent on any connection, none is answered or closed. Off: new connections are served again;
   * those that were open or came meanwhile stay dead.
   */
  blackHole(on: boolean): void {
    this.#listener.blackHole(on)
    if (on) this.#watches.clear()
    this.#changed()
  }

  /** All versions before this one are too old for watches and continue tokens. */
  compact(): void {
    this.#store.compact()
  }

  /**
   * Cuts all connections and listens again. Without a state all is remembered; with one the history is gone, and the
   * version is the given one, maybe lower: as of a server that restored a backup, or a new one.
   */
  async restart(state?: { readonly keepObjects: boolean; readonly resourceVersion?: number }): Promise<void> {
    await this.stop()
    if (state !== undefined) {
      const { keepObjects, resourceVersion = keepObjects ? this.resourceVersion : 1 } = state
      this.#store.reset(keepObjects, resourceVersion)
    }
    await this.start()
  }

  /** Cuts all connections, also those in the black hole, and refuses new ones. */
  async stop(): Promise<void> {
    this.#watches.clear()
    await this.#listener.stop()
    this.#changed()
  }

  /** Listens, on the same port as before. */
  start(): Promise<void> {
    return this.#listener.start()
  }

  /** The next matching requests, so many times, get this instead. Earlier ones go first. Returns what undoes it. */
  intercept(match: RequestMatch, answer: CannedAnswer | Handler, times = 1): () => void {
    const wanted = Object.entries(match)
    const isWanted = (r: ApiRequest): boolean =>
      wanted.every(([field, value]) => r[field as keyof ApiRequest] === value)
    const interception = { matches: typeof match === 'function' ? match : isWanted, answer, left: times }
    this.#interceptions.add(interception)
    return () => void this.#interceptions.delete(interception)
  }

  /** Resolves when it holds; looked at after every request, event, and start or end of a watch. */
  async until(holds: (server: this) => boolean, timeoutMs = UNTIL_MS): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (why: string): void => {
      const list = this.requests.map(({ path, query }) => `  ${path}?${decodeURIComponent(String(query))}`)
      reject(new Error([`${why}; the requests were:`, ...list].join('\n')))
    }
    const check = (): void => {
      try {
        if (holds(this)) resolve()
      } catch (error) {
        reject(error)
      }
    }
    const wait = { check, fail }
    const timer = setTimeout(fail, timeoutMs, `this did not come about within ${timeoutMs} ms: ${String(holds)}`)
    this.#waits.add(wait)
    check()
    await promise.finally(() => {
      clearTimeout(timer)
      this.#waits.delete(wait)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { fail } of this.#waits) fail('the server was closed')
    await this.stop()
  }

  #changed(): void {
    for (const { check } of this.#waits) check()
  }

  #watchesOf(resource: string | undefined): Watch[] {
    return [...this.#watches].filter((watch) => resource === undefined || watch.resource.name === resource)
  }

  #end(watch: Watch): void {
    this.#watches.delete(watch)
    watch.body.end()
    this.#changed()
  }

  #tell(change: Change): void {
    for (const { selects, afterVersion, body } of this.#watchesOf(change.resource.name)) {
      if (change.version > afterVersion) body.send([changeEvent(change, selects)])
    }
    this.#changed()
  }

  async #answer(request: ApiRequest, body: ApiBody): Promise<void> {
    this.requests.push(request)
    const interception = [...this.#interceptions].find(({ matches, left }) => left > 0 && matches(request))
    if (interception !== undefined) interception.left--
    this.#changed()
    const { answer } = interception ?? {}
    const outcome = typeof answer === 'function' ? await answer(request, body.response) : answer
    if (answer === undefined || outcome === 'serve') this.#serve(request, body)
    else if (typeof answer === 'object') answerCanned(answer, body)
  }

  #serve(request: ApiRequest, body: ApiBody): void {
    const watch = respond(this.#store, this, request, body)
    if (watch === undefined) return
    this.#watches.add(watch)
    const { timeoutSeconds } = watch
    const timer = timeoutSeconds > 0 ? setTimeout(() => this.#end(watch), timeoutSeconds * 1000) : undefined
    body.response.on('close', () => {
      clearTimeout(timer)
      this.#watches.delete(watch)
      this.#changed()
    })
    this.#changed()
  }
}

function answerCanned({ status, headers = {}, body }: CannedAnswer, to: ApiBody): void {
  const given = body ?? new ApiStatus(status, STATUS_CODES[status] ?? '', `canned answer ${status}`)
  to.answer(status, headers, typeof given === 'string' ? given : JSON.stringify(given))
}

/** Over TLS when given a key and a certificate; all else may also be set later. */
export async function startFakeApiServer({
  tls,
  ...behaviour
}: Partial<ApiBehaviour> & { readonly tls?: TlsKeys } = {}): Promise<FakeApiServer> {
  const server = Object.assign(new FakeApiServer(tls), behaviour)
  await server.start()
  return server
}
