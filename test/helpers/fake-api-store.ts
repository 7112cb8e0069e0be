/** What stands behind the fake API server: objects, one version for all of them, and what became of them. */

export interface Resource {
  readonly name: string
  readonly kind: string
  readonly group: string
  readonly apiVersion: string
  readonly isNamespaced: boolean
  /** Fields that an object without content has on the wire, as in a bookmark. */
  readonly blank: Readonly<Record<string, unknown>>
}

const DISCOVERY = 'discovery.k8s.io'
const NO_ENDPOINTS = { addressType: '', endpoints: null, ports: null }

const RESOURCES: readonly Resource[] = [
  resource('services', 'Service', '', { spec: {}, status: { loadBalancer: {} } }),
  resource('endpointslices', 'EndpointSlice', DISCOVERY, NO_ENDPOINTS),
  resource('nodes', 'Node', '', { spec: {}, status: {} }),
]

function resource(name: string, kind: string, group: string, blank: Resource['blank']): Resource {
  return { name, kind, group, apiVersion: group === '' ? 'v1' : `${group}/v1`, isNamespaced: kind !== 'Node', blank }
}

const PATH = /^\/(?:api\/v1|apis\/([a-z0-9.]+)\/v1)(?:\/namespaces\/([^/]+))?\/([a-z]+)$/

/** The collection that a path names; neither field when it names none. */
export function collectionOf(path: string): { resource?: Resource; namespace?: string } {
  const [, group = '', namespace, name] = PATH.exec(path) ?? []
  const found = RESOURCES.find((resource) => resource.name === name && resource.group === group)
  if (found === undefined || (namespace !== undefined && !found.isNamespaced)) return {}
  return { resource: found, ...(namespace !== undefined && { namespace }) }
}

/** An object at one version. Never changed: a newer one replaces it. */
export interface StoredObject {
  /** `namespace/name`, or the name. Lists are in this order. */
  readonly key: string
  readonly fields: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** Without kind and apiVersion, as items of lists are. */
  readonly json: string
}

export interface Change {
  readonly resource: Resource
  readonly version: number
  readonly before: StoredObject | undefined
  readonly after: StoredObject | undefined
  /** Nobody is told. */
  readonly isSilent: boolean
}

interface GivenObject {
  readonly kind?: string
  readonly apiVersion?: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly labels?: Record<string, string> }
}

export class FakeApiStore {
  version = 1
  /** Watches and continue tokens of older versions are expired. */
  compactedVersion = 1
  #objects = new Map<string, StoredObject>()
  #changes: Change[] = []

  put(object: GivenObject, isSilent: boolean): Change {
    const resource = resourceOf(object.kind)
    const { kind: _, apiVersion: __, ...rest } = object
    const { name = '', namespace = resource.isNamespaced ? 'default' : undefined, labels = {} } = rest.metadata ?? {}
    if (name === '') throw new Error('an object needs metadata.name')
    const version = this.version + 1
    const metadata = { ...rest.metadata, name, ...(namespace !== undefined && { namespace }) }
    const after = {
      key: namespace === undefined ? name : `${namespace}/${name}`,
      fields: { 'metadata.name': name, 'metadata.namespace': namespace ?? '' },
      labels: { ...labels },
      json: JSON.stringify({ ...rest, metadata: { ...metadata, resourceVersion: String(version) } }),
    }
    return this.#change(resource, after.key, after, isSilent)
  }

  delete(kind: string, key: string, isSilent: boolean): Change {
    const resource = resourceOf(kind)
    if (!this.#objects.has(`${resource.name}/${key}`)) throw new Error(`there is no ${kind} ${key}`)
    return this.#change(resource, key, undefined, isSilent)
  }

  #change(resource: Resource, key: string, after: StoredObject | undefined, isSilent: boolean): Change {
    const id = `${resource.name}/${key}`
    const change = { resource, version: ++this.version, before: this.#objects.get(id), after, isSilent }
    if (after === undefined) this.#objects.delete(id)
    else this.#objects.set(id, after)
    this.#changes.push(change)
    return change
  }

  /** What a watch is told that has seen all up to a version. */
  changesAfter(version: number, { name }: Resource): Change[] {
    return this.#changes.filter(
      (change) => change.version > version && change.resource.name === name && !change.isSilent,
    )
  }

  /** The collection as it was at a version that is not compacted, in order. */
  at(version: number, { name }: Resource): StoredObject[] {
    const objects = new Map<string, StoredObject>()
    for (const [id, object] of this.#objects) if (id.startsWith(`${name}/`)) objects.set(object.key, object)
    for (const { before, after, ...change } of this.#changes.toReversed()) {
      if (change.version <= version) break
      if (change.resource.name !== name) continue
      if (before !== undefined) objects.set(before.key, before)
      else if (after !== undefined) objects.delete(after.key)
    }
    return [...objects.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  compact(): void {
    this.compactedVersion = this.version
    this.#changes = []
  }

  /** As restored from a backup (objects stay, the version may be lower), or as a new cluster. Without history. */
  reset(keepObjects: boolean, version: number): void {
    if (!keepObjects) this.#objects.clear()
    for (const [id, object] of this.#objects) {
      if (versionOf(object) > version) this.#objects.set(id, { ...object, json: jsonAt(object, version) })
    }
    this.version = version
    this.compact()
  }
}

// The JSON of an object, as if it were of another version.
function jsonAt({ json }: StoredObject, version: number): string {
  const object = JSON.parse(json) as { metadata: object }
  return JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } })
}

const versionOf = ({ json }: StoredObject): number =>
  Number((JSON.parse(json) as { metadata: { resourceVersion: string } }).metadata.resourceVersion)

function resourceOf(kind: string | undefined): Resource {
  const found = RESOURCES.find((resource) => resource.kind === kind)
  if (found === undefined) throw new Error(`the fake API server has no kind ${kind}`)
  return found
}

export type Selection = (object: StoredObject) => boolean

export const eventText = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`

// The JSON of the object is at hand, only what a list leaves out is missing.
const objectEvent = (type: string, { kind, apiVersion }: Resource, json: string): string =>
  `{"type":"${type}","object":{"kind":"${kind}","apiVersion":"${apiVersion}",${json.slice(1)}}\n`

export const addedEvent = (resource: Resource, { json }: StoredObject): string => objectEvent('ADDED', resource, json)

/** What a change is to who sees a selection: an object that leaves it is deleted, one that enters it is added. */
export function changeEvent({ resource, version, before, after }: Change, selects: Selection): string {
  const wasSeen = before !== undefined && selects(before)
  if (after !== undefined && selects(after)) return objectEvent(wasSeen ? 'MODIFIED' : 'ADDED', resource, after.json)
  return wasSeen ? objectEvent('DELETED', resource, jsonAt(before, version)) : ''
}

export function bookmarkEvent({ kind, apiVersion, blank }: Resource, version: number, isInitialEnd = false): string {
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  const metadata = { resourceVersion: String(version), ...(isInitialEnd && { annotations }) }
  return eventText('BOOKMARK', { kind, apiVersion, metadata, ...blank })
}

/** What a request selects: by namespace, labelSelector and fieldSelector. A malformed one throws a SyntaxError. */
export function selectionOf(namespace: string | undefined, query: URLSearchParams): Selection {
  const byLabel = requirementsOf(query.get('labelSelector'))
  const byField = requirementsOf(query.get('fieldSelector'))
  return ({ fields, labels }) =>
    (namespace === undefined || fields['metadata.namespace'] === namespace) &&
    byLabel.every((holds) => holds(labels)) &&
    byField.every((holds) => holds(fields))
}

type Requirement = (values: Readonly<Record<string, string>>) => boolean

const SET = /^([^\s!=(),]+)\s+(in|notin)\s*\(([^()]*)\)$/
const EQUALITY = /^([^\s!=(),]+)\s*(==?|!=)\s*([^\s!=(),]*)$/
const EXISTENCE = /^(!?)\s*([^\s!=(),]+)$/

function requirementsOf(selector: string | null): Requirement[] {
  if (selector === null || selector.trim() === '') return []
  return selector.split(/,(?![^(]*\))/).map((part) => requirementOf(part.trim()))
}

function requirementOf(text: string): Requirement {
  const [, setKey, operator, list = ''] = SET.exec(text) ?? []
  const values = new Set(list.split(',').map((value) => value.trim()))
  if (setKey !== undefined) return (has) => values.has(has[setKey] ?? '\0') === (operator === 'in')
  const [, key, sign, value] = EQUALITY.exec(text) ?? []
  if (key !== undefined) return (has) => (has[key] === value) === (sign !== '!=')
  const [, not, name] = EXISTENCE.exec(text) ?? []
  if (name !== undefined) return (has) => name in has === (not === '')
  throw new SyntaxError(`unable to parse requirement: ${text}`)
}
