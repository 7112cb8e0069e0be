import { isObject, printable, quote } from '../base/fields.ts'

/** Stands for a value that names an environment variable that is not set: that has been told already. */
export const UNRESOLVED = Symbol('unresolved')

/** Reads the value at a place of the configuration. What is wrong it tells, and gives undefined, or what can be used. */
export interface Reader<T> {
  /** What is allowed, in words. */
  readonly wish: string
  read(value: unknown, path: string, problems: string[]): T | undefined
}

/** A reader of a key that may be missing. */
export interface OptionalReader<T> extends Reader<T> {
  readonly optional: true
}

type Output<R> = R extends Reader<infer T> ? T : never
type Entries = Readonly<Record<string, Reader<unknown>>>
type OptionalKeys<E extends Entries> = { [K in keyof E]: E[K] extends OptionalReader<unknown> ? K : never }[keyof E]

/** What a section becomes. */
export type Section<E extends Entries> = { readonly [K in Exclude<keyof E, OptionalKeys<E>>]: Output<E[K]> } & {
  readonly [K in OptionalKeys<E>]?: Output<E[K]>
}

function below(path: string, key: string | number): string {
  const text = String(key)
  return `${path === '' ? '' : `${path}.`}${text === '' || /\s/.test(text) ? quote(text) : printable(text)}`
}

/** Tells that a value is not the one that is wished for. */
export function complain(value: unknown, path: string, wish: string, problems: string[]): undefined {
  if (value === UNRESOLVED) return undefined
  const seen = value === undefined ? 'missing' : `${quote(value)} is not allowed`
  problems.push(`${path === '' ? '' : `${path}: `}${seen}; expected ${wish}`)
  return undefined
}

/** A value that `understand` understands, which gives undefined for all others. */
export const value = <T>(wish: string, understand: (value: unknown) => T | undefined): Reader<T> => ({
  wish,
  read: (given, path, problems) => understand(given) ?? complain(given, path, wish, problems),
})

/** The same of a text. `hint` tells what to write instead, where more can be told than the wish. */
export const text = <T>(
  wish: string,
  understand: (text: string) => T | undefined,
  hint: (text: string) => string | undefined = () => undefined,
): Reader<T> => ({
  wish,
  read(given, path, problems) {
    if (typeof given !== 'string') return complain(given, path, wish, problems)
    return understand(given) ?? complain(given, path, hint(given) ?? wish, problems)
  },
})

export const oneOf = <const T extends string>(...words: readonly T[]): Reader<T> =>
  value(`one of ${words.join(', ')}`, (given) => words.find((word) => word === given))

/** A list; items that are wrong are left out of what is given. */
export const list = <T>(item: Reader<T>, of: string, least?: string): Reader<readonly T[]> => ({
  wish: `a list of ${of}`,
  read(given, path, problems) {
    if (!Array.isArray(given)) return complain(given, path, this.wish, problems) ?? []
    if (given.length === 0 && least !== undefined) complain(given, path, least, problems)
    return given.flatMap((one: unknown, i) => item.read(one, below(path, i), problems) ?? [])
  },
})

/** A mapping of any keys; entries that are wrong are left out of what is given. */
export const map = <T>(item: Reader<T>, of: string): Reader<Readonly<Record<string, T>>> => ({
  wish: `a mapping of ${of}`,
  read(given, path, problems) {
    if (!isObject(given)) return complain(given, path, this.wish, problems) ?? {}
    return Object.fromEntries(
      Object.entries(given).flatMap(([key, one]): [string, T][] => {
        const read = item.read(one, below(path, key), problems)
        return read === undefined ? [] : [[key, read]]
      }),
    )
  },
})

/** A mapping of these keys and no others. */
export const section = <E extends Entries>(entries: E): Reader<Section<E>> => {
  const keys = Object.keys(entries)
  return {
    wish: `a mapping of the keys ${keys.join(', ')}`,
    read(given, path, problems) {
      // Of a section that is none there is one problem, not one of each key.
      const isRight = isObject(given)
      const told = isRight ? problems : []
      if (!isRight) complain(given, path, this.wish, problems)
      const fields = isRight ? given : {}
      for (const key of Object.keys(fields)) {
        if (!Object.hasOwn(entries, key))
          problems.push(`${below(path, key)}: no such key; allowed here: ${keys.join(', ')}`)
      }
      const read = Object.entries(entries).flatMap(([key, reader]): [string, unknown][] => {
        const one = reader.read(Object.hasOwn(fields, key) ? fields[key] : undefined, below(path, key), told)
        return one === undefined ? [] : [[key, one]]
      })
      return Object.fromEntries(read) as Section<E>
    },
  }
}

/** What is missing, or wrong, is as if `otherwise` were written there. */
export const withDefault = <T>(reader: Reader<T>, otherwise: unknown): Reader<T> => ({
  wish: reader.wish,
  read: (given, path, problems) =>
    reader.read(given === undefined ? otherwise : given, path, problems) ?? reader.read(otherwise, path, []),
})

export const optional = <T>(reader: Reader<T>): OptionalReader<T> => ({
  wish: reader.wish,
  optional: true,
  read: (given, path, problems) => (given === undefined ? undefined : reader.read(given, path, problems)),
})

/** A section of which nothing has to be given: a key without a value is an empty one. */
export const orNothing = <T>(reader: Reader<T>): Reader<T> => ({
  wish: reader.wish,
  read: (given, path, problems) => reader.read(given ?? {}, path, problems),
})
