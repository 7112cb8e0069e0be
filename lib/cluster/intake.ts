import type { Directory } from './directory.ts'
import { identityOf, type Report } from './identity.ts'
import { type ClusterObject, objectKey } from './objects.ts'

interface Options {
  readonly directory: Directory
  readonly kind: ClusterObject['kind']
  /** Keeps of an object what DNS needs. */
  readonly slim: (object: unknown, report: Report) => ClusterObject | undefined
  /** What belongs to this part of the cluster; objects that do not are not taken in. */
  readonly covers: (object: ClusterObject) => boolean
  readonly report: Report
  /** Called after an object has changed what is known, with the object as it came; not for those of a listing. */
  readonly onChange: (object: unknown) => void
}

/** All objects of one part of the cluster, as an API server lists them. */
interface RawListing {
  readonly size: number
  add(object: unknown): void
  remove(object: unknown): void
  commit(): void
}

/**
 * The door through which one part of the cluster comes into the directory: objects are slimmed here, and a broken one
 * counts as not there, as it would if it had never been made.
 */
export class Intake {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  /** Whether nothing of this part is known. */
  get isEmpty(): boolean {
    const { directory, kind } = this.#options
    if (directory.counts[kind] === 0) return true
    for (const object of directory.objects()) if (this.#covers(object)) return false
    return true
  }

  list(): RawListing {
    const listing = this.#options.directory.listing((object) => this.#covers(object))
    const remove = (object: unknown) => {
      const key = this.#keyOf(object)
      if (key !== undefined) listing.remove(key)
    }
    return {
      get size() {
        return listing.size
      },
      add: (object) => {
        const slimmed = this.#slim(object)
        if (slimmed === undefined) remove(object)
        else listing.add(slimmed)
      },
      remove,
      commit: () => listing.commit(),
    }
  }

  changed(object: unknown): void {
    const slimmed = this.#slim(object)
    if (slimmed === undefined) return this.deleted(object)
    if (this.#options.directory.learn(slimmed)) this.#options.onChange(object)
  }

  deleted(object: unknown): void {
    const key = this.#keyOf(object)
    if (key !== undefined && this.#options.directory.forget(key)) this.#options.onChange(object)
  }

  #covers(object: ClusterObject): boolean {
    return object.kind === this.#options.kind && this.#options.covers(object)
  }

  #slim(object: unknown): ClusterObject | undefined {
    const slimmed = this.#options.slim(object, this.#options.report)
    return slimmed !== undefined && this.#options.covers(slimmed) ? slimmed : undefined
  }

  // Undefined also for what belongs to another part: it must not be taken away from there.
  #keyOf(object: unknown): string | undefined {
    const { kind, report, directory } = this.#options
    const identity = identityOf(object, kind, report)
    if (identity === undefined) return undefined
    const key = objectKey({ kind, ...identity })
    const known = directory.object(key)
    return known === undefined || this.#covers(known) ? key : undefined
  }
}
