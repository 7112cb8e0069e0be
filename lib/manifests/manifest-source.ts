import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../base/error-text.ts'
import { type ClusterObject, objectKey } from '../cluster/objects.ts'
import { slim } from '../cluster/slim.ts'
import { readObjects } from './read-objects.ts'

interface Options {
  /** Files, or directories of `.yaml`, `.yml` and `.json` files. */
  readonly paths: readonly string[]
  /** Told, with file and line, of what could not be used. */
  readonly onProblem: (problem: string) => void
  /** The one that this one takes over from: what it knew of the same paths is known. */
  readonly before?: ManifestSource | undefined
}

interface GoodFile {
  readonly text: string
  readonly objects: readonly ClusterObject[]
}

const MANIFEST = /\.(ya?ml|json)$/

/**
 * The objects of a cluster, from files. A file that cannot be read or parsed counts with what it held when it last
 * could; so does a directory that is gone. Only a file that is missing from a directory that is there is gone.
 */
export class ManifestSource {
  readonly #options: Options
  readonly #files = new Map<string, Map<string, GoodFile>>()
  readonly #brokenTexts = new Map<string, string>()

  constructor(options: Options) {
    this.#options = options
    const { before } = options
    if (before === undefined) return
    for (const path of options.paths) {
      const known = before.#files.get(path)
      if (known !== undefined) this.#files.set(path, known)
    }
  }

  /** All objects as of now; undefined while none of the paths was ever read. */
  async read(): Promise<ClusterObject[] | undefined> {
    for (const path of this.#options.paths) await this.#readPath(path)
    if (this.#files.size === 0) return undefined
    const objects = new Map<string, { object: ClusterObject; file: string }>()
    for (const [file, { objects: found }] of [...this.#files.values()].flatMap((files) => [...files])) {
      for (const object of found) {
        const key = objectKey(object)
        const before = objects.get(key)
        if (before !== undefined)
          this.#options.onProblem(`${file}: ${key} is also in ${before.file}; the one read last counts`)
        objects.set(key, { object, file })
      }
    }
    return [...objects.values()].map(({ object }) => object)
  }

  async #readPath(path: string): Promise<void> {
    const names = await namesIn(path)
    if (names === undefined)
      return this.#options.onProblem(`${path}: cannot be read; what was last read of it still counts`)
    const before = this.#files.get(path) ?? new Map<string, GoodFile>()
    const now = new Map<string, GoodFile>()
    for (const file of names) {
      const good = await this.#readFile(file, before.get(file))
      if (good !== undefined) now.set(file, good)
    }
    // Files of which none was ever right tell nothing, not even that there is nothing.
    if (names.length === 0 || now.size > 0 || this.#files.has(path)) this.#files.set(path, now)
  }

  async #readFile(file: string, before: GoodFile | undefined): Promise<GoodFile | undefined> {
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      this.#options.onProblem(`${file}: cannot be read (${codeOf(error)}); what was last read of it still counts`)
      return before
    }
    if (text === before?.text) return before
    const outcome = readObjects(text, file.endsWith('.json'))
    if ('problem' in outcome) {
      this.#complainOnce(file, text, `${file}: ${outcome.problem}; what was last read of it still counts`)
      return before
    }
    this.#brokenTexts.delete(file)
    const objects = outcome.objects.flatMap(
      ({ value, line }) => slim(value, (problem) => this.#options.onProblem(`${file}: line ${line}: ${problem}`)) ?? [],
    )
    return { text, objects }
  }

  #complainOnce(file: string, text: string, problem: string): void {
    if (this.#brokenTexts.get(file) === text) return
    this.#brokenTexts.set(file, text)
    this.#options.onProblem(problem)
  }
}

// The files that a path stands for; undefined if it cannot be read.
async function namesIn(path: string): Promise<string[] | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = await readdir(path)
    return names
      .filter((name) => MANIFEST.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => join(path, name))
  } catch {
    return undefined
  }
}
