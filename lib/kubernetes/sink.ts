/** Where the objects of a collection go, as they come. */
export interface Sink {
  /** Whether nothing is known of this collection. */
  readonly isEmpty: boolean
  /** Begins a list of everything; nothing of it counts before its `commit`. */
  list(): Listing
  changed(object: unknown): void
  deleted(object: unknown): void
}

export interface Listing {
  readonly size: number
  add(object: unknown): void
  remove(object: unknown): void
  commit(): void
}
