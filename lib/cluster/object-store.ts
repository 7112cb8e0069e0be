import { type ClusterObject, type EndpointSlice, objectKey, type Service } from './objects.ts'

/** `namespace/name` of the Service that an object belongs to; undefined for a Node. */
export function serviceKey(object: ClusterObject): string | undefined {
  if (object.kind === 'Node') return undefined
  return `${object.namespace}/${object.kind === 'Service' ? object.name : object.service}`
}

/** All objects of all listed parts of the cluster, as they come in; they count when all are there. */
export interface Listing {
  readonly size: number
  add(object: ClusterObject): void
  remove(key: string): void
  /** Makes these the objects of that part, all others of it gone. */
  commit(): void
}

/** Told of every object that is new, changed or gone. */
type OnChange = (object: ClusterObject) => void

/** The objects that are known, and which slices belong to which Service. */
export class ObjectStore {
  readonly #onChange: OnChange
  readonly #objects = new Map<string, ClusterObject>()
  readonly #slices = new Map<string, Map<string, EndpointSlice>>()
  readonly counts: Record<ClusterObject['kind'], number> = { Service: 0, EndpointSlice: 0, Node: 0 }

  constructor(onChange: OnChange) {
    this.#onChange = onChange
  }

  get(key: string): ClusterObject | undefined {
    return this.#objects.get(key)
  }

  all(): Iterable<ClusterObject> {
    return this.#objects.values()
  }

  /** By `namespace/name`. */
  service(key: string): Service | undefined {
    const object = this.#objects.get(`Service ${key}`)
    return object?.kind === 'Service' ? object : undefined
  }

  slicesOf(service: string): Iterable<EndpointSlice> {
    return this.#slices.get(service)?.values() ?? []
  }

  /** Under its key. Whether it makes a difference. */
  set(key: string, object: ClusterObject): boolean {
    const known = this.#objects.get(key)
    if (known !== undefined && isSame(known, object)) return false
    // A slice may have been given to another Service.
    if (known !== undefined) this.delete(key)
    this.#objects.set(key, object)
    this.counts[object.kind]++
    if (object.kind === 'EndpointSlice') {
      const service = serviceKey(object) as string
      this.#slices.set(service, (this.#slices.get(service) ?? new Map()).set(key, object))
    }
    this.#onChange(object)
    return true
  }

  /** The object that was there. */
  delete(key: string): ClusterObject | undefined {
    const object = this.#objects.get(key)
    if (object === undefined) return undefined
    this.#objects.delete(key)
    this.counts[object.kind]--
    if (object.kind === 'EndpointSlice') {
      const service = serviceKey(object) as string
      const slices = this.#slices.get(service)
      slices?.delete(key)
      if (slices?.size === 0) this.#slices.delete(service)
    }
    this.#onChange(object)
    return object
  }

  /** Begins to list the part of the cluster of which `covers` tells what belongs to it. */
  listing(covers: (object: ClusterObject) => boolean, onCommit: () => void): Listing {
    const listed = new Map<string, ClusterObject>()
    return {
      get size() {
        return listed.size
      },
      // What is known already is not held twice.
      add: (object) => {
        const key = objectKey(object)
        const known = this.#objects.get(key)
        listed.set(key, known !== undefined && isSame(known, object) ? known : object)
      },
      remove: (key) => void listed.delete(key),
      commit: () => {
        for (const [key, object] of this.#objects) if (covers(object) && !listed.has(key)) this.delete(key)
        for (const [key, object] of listed) this.set(key, object)
        onCommit()
      },
    }
  }
}

const isSame = (a: ClusterObject, b: ClusterObject): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)
