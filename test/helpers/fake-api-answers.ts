import { type ApiBody, type ApiRequest, isTrue } from './fake-api-http.ts'
import {
  addedEvent,
  bookmarkEvent,
  changeEvent,
  collectionOf,
  eventText,
  type FakeApiStore,
  type Resource,
  type Selection,
  selectionOf,
} from './fake-api-store.ts'

/** What the fake API server puts on the wire: Statuses, pages of lists, events of watches. */

/** What a test may change while the server runs. */
export interface ApiBehaviour {
  /** False: 401. */
  acceptsToken: (token: string | undefined) => boolean
  /** False: 403. */
  allows: (request: ApiRequest) => boolean
  /** Whether sendInitialEvents is served; if not, it is refused by 422 or the given status. */
  watchList: boolean | 400 | 422
  /** How a watch learns that its version is too old: by an ERROR event, as from a real server, or by the status. */
  expiredWatch: 'event' | 'status'
}

export interface Watch {
  readonly resource: Resource
  readonly selects: Selection
  readonly allowsBookmarks: boolean
  readonly timeoutSeconds: number
  /** What it has seen already: a client may ask for a version that is yet to come. */
  readonly afterVersion: number
  readonly body: ApiBody
}

/** Answers a request, or begins to: returns the watch that goes on. */
export function respond(
  store: FakeApiStore,
  behaviour: ApiBehaviour,
  request: ApiRequest,
  body: ApiBody,
): Watch | undefined {
  try {
    const resource = authorize(behaviour, request)
    checkListOptions(request, behaviour.watchList)
    const { namespace, query, isWatch } = request
    const asked = { resource, query, selects: selectionOf(namespace, query) }
    if (isWatch) return startWatch(store, behaviour, asked, body)
    const pieces = listPieces(store, asked)
    body.start()
    body.send(pieces)
    body.end()
  } catch (error) {
    if (!(error instanceof ApiStatus || error instanceof SyntaxError)) throw error
    const status = error instanceof ApiStatus ? error : new ApiStatus(400, 'BadRequest', error.message)
    const headers = status.code === 504 ? { 'Retry-After': '1' } : {}
    body.answer(status.code, headers, JSON.stringify(status))
  }
  return undefined
}

function authorize(behaviour: ApiBehaviour, request: ApiRequest): Resource {
  const { method, path, headers, isWatch, namespace } = request
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
  if (!behaviour.acceptsToken(token)) throw new ApiStatus(401, 'Unauthorized', 'Unauthorized')
  const { resource } = collectionOf(path)
  if (resource === undefined || method !== 'GET') {
    throw new ApiStatus(404, 'NotFound', 'the server could not find the requested resource', { details: {} })
  }
  if (!behaviour.allows(request)) throw forbidden(resource, isWatch ? 'watch' : 'list', namespace)
  return resource
}

interface Asked {
  readonly resource: Resource
  readonly selects: Selection
  readonly query: URLSearchParams
}

interface StatusParts {
  readonly details?: Readonly<Record<string, unknown>>
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** A failure as the API server words it; its JSON is a Status. */
export class ApiStatus extends Error {
  readonly code: number
  readonly reason: string
  readonly parts: StatusParts

  constructor(code: number, reason: string, message: string, parts: StatusParts = {}) {
    super(message)
    this.code = code
    this.reason = reason
    this.parts = parts
  }

  toJSON(): object {
    const { message, reason, code, parts } = this
    const { details, metadata = {} } = parts
    const rest = details === undefined ? { reason, code } : { reason, details, code }
    return { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure', message, ...rest }
  }
}

const expired = (message: string, parts?: StatusParts): ApiStatus => new ApiStatus(410, 'Expired', message, parts)

function tooLargeVersion(asked: number, current: number): ApiStatus {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  return new ApiStatus(504, 'Timeout', message, { details: { causes, retryAfterSeconds: 1 } })
}

function forbidden({ name, group }: Resource, verb: string, namespace: string | undefined): ApiStatus {
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const which = group === '' ? name : `${name}.${group}`
  const message = `${which} is forbidden: User "test" cannot ${verb} resource "${name}" in API group "${group}" ${where}`
  return new ApiStatus(403, 'Forbidden', message, { details: { ...(group !== '' && { group }), kind: name } })
}

// Refuses what the API server does not let stand together.
function checkListOptions({ query, isWatch }: ApiRequest, watchList: ApiBehaviour['watchList']): void {
  const match = query.get('resourceVersionMatch')
  const isInitial = query.has('sendInitialEvents')
  const gate = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled'
  const needed = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
  const other = isWatch ? 'for watch unless sendInitialEvents' : 'unless resourceVersion'
  const isAlone = match !== null && !(isWatch ? isInitial : query.get('resourceVersion'))
  const rules: [isWrong: boolean, field: string, why: string][] = [
    [isInitial && !isWatch, 'sendInitialEvents', 'sendInitialEvents is forbidden for list'],
    [isInitial && watchList !== true, 'sendInitialEvents', gate],
    [isInitial && match !== 'NotOlderThan', 'resourceVersionMatch', needed],
    [isAlone, 'resourceVersionMatch', `resourceVersionMatch is forbidden ${other} is provided`],
  ]
  const [, field, why] = rules.find(([isWrong]) => isWrong) ?? []
  if (field === undefined) return
  const causes = [{ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field }]
  const message = `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${why}`
  const details = { group: 'meta.k8s.io', kind: 'ListOptions', causes }
  if (watchList === 400) throw new ApiStatus(400, 'BadRequest', message, { details })
  throw new ApiStatus(422, 'Invalid', message, { details })
}

// The version that a request asks for; 0 when it does not, or asks for any.
function versionAsked(query: URLSearchParams): number {
  const text = query.get('resourceVersion') ?? ''
  if (/^\d*$/.test(text)) return Number(text)
  throw new ApiStatus(400, 'BadRequest', `resourceVersion: Invalid value: ${JSON.stringify(text)}`)
}

// A page of a list, to be sent one piece after the other.
function listPieces(store: FakeApiStore, { resource, query, selects }: Asked): string[] {
  const { version, afterKey } = listStart(store, query)
  const rest = store.at(version, resource).filter((object) => object.key > afterKey && selects(object))
  // A list from the watch cache is whole.
  const limit = query.get('resourceVersion') === '0' ? 0 : Number(query.get('limit'))
  const page = limit > 0 ? rest.slice(0, limit) : rest
  const remainingItemCount = rest.length - page.length
  const isWholeCounted = !query.get('labelSelector') && !query.get('fieldSelector')
  const metadata = {
    resourceVersion: String(version),
    ...(remainingItemCount > 0 && { continue: tokenOf(version, page.at(-1)?.key ?? '') }),
    ...(remainingItemCount > 0 && isWholeCounted && { remainingItemCount }),
  }
  const head = JSON.stringify({ kind: `${resource.kind}List`, apiVersion: resource.apiVersion, metadata })
  return [`${head.slice(0, -1)},"items":[`, ...page.map(({ json }, at) => (at === 0 ? json : `,${json}`)), ']}\n']
}

// At which version a list is shown, and from where on.
function listStart(store: FakeApiStore, query: URLSearchParams): { version: number; afterKey: string } {
  const token = query.get('continue') ?? ''
  const asked = versionAsked(query)
  if (token !== '') return continued(store, token)
  if (asked > store.version) throw tooLargeVersion(asked, store.version)
  const match = query.get('resourceVersionMatch') ?? (query.get('limit') ? 'Exact' : '')
  if (match !== 'Exact' || asked === 0) return { version: store.version, afterKey: '' }
  if (asked < store.compactedVersion) throw expired('The resourceVersion for the provided list is too old.')
  return { version: asked, afterKey: '' }
}

const tokenOf = (rv: number, start: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start })).toString('base64url')

const TOO_OLD_TOKEN = 'The provided continue parameter is too old to display a consistent list result.'

// The Status of an expired token has another one: to go on in what there is now.
function continued(store: FakeApiStore, token: string): { version: number; afterKey: string } {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { rv: number; start: string }
    if (rv === -1) return { version: store.version, afterKey: start }
    if (rv >= store.compactedVersion && rv <= store.version) return { version: rv, afterKey: start }
    throw expired(TOO_OLD_TOKEN, { metadata: { continue: tokenOf(-1, start) } })
  } catch (error) {
    throw error instanceof ApiStatus ? error : new ApiStatus(400, 'BadRequest', 'continue key is not valid')
  }
}

function startWatch(
  store: FakeApiStore,
  { expiredWatch }: ApiBehaviour,
  asked: Asked,
  body: ApiBody,
): Watch | undefined {
  const { resource, selects, query } = asked
  const version = versionAsked(query)
  const initial = query.get('sendInitialEvents')
  const isWhole = isTrue(initial) || (initial === null && version === 0)
  const failure = watchFailure(store, version, isWhole)
  if (failure?.code === 410 && expiredWatch === 'status') throw failure
  body.start()
  if (failure !== undefined) {
    body.send([eventText('ERROR', failure)])
    body.end()
    return undefined
  }
  const allowsBookmarks = isTrue(query.get('allowWatchBookmarks'))
  const missed = version === 0 ? [] : store.changesAfter(version, resource)
  if (isWhole)
    body.send(
      store
        .at(store.version, resource)
        .filter(selects)
        .map((object) => addedEvent(resource, object)),
    )
  else body.send(missed.map((change) => changeEvent(change, selects)))
  if (isTrue(initial) && allowsBookmarks) body.send([bookmarkEvent(resource, store.version, true)])
  const timeoutSeconds = Number(query.get('timeoutSeconds'))
  return { ...asked, allowsBookmarks, timeoutSeconds, afterVersion: Math.max(version, store.version), body }
}

function watchFailure(store: FakeApiStore, version: number, isWhole: boolean): ApiStatus | undefined {
  const oldest = store.compactedVersion
  if (isWhole) return version > store.version ? tooLargeVersion(version, store.version) : undefined
  return version > 0 && version < oldest ? expired(`too old resource version: ${version} (${oldest})`) : undefined
}
