import { type FSWatcher, statSync, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from './clock.ts'

const POLL_MS = 500 // for file systems that do not tell of changes
const SETTLE_MS = 60 // a file that is still being written changes again within this
const MAX_SETTLE_MS = 400

interface Options {
  readonly clock: Clock
  /** Called after a change has settled; the next call comes only after the promise has settled too. */
  readonly onChange: () => Promise<void>
}

/**
 * Watches files and directories (one level deep) until the returned function is called: for every change from the
 * moment when the promise settles. Looks at what is behind links, so the swap of a mounted ConfigMap's `..data` link
 * is a change.
 */
export async function watchPaths(paths: readonly string[], options: Options): Promise<() => void> {
  const watcher = new PathWatcher(paths, options)
  await watcher.start()
  return () => watcher.stop()
}

class PathWatcher {
  readonly #paths: readonly string[]
  readonly #options: Options
  readonly #hints: FSWatcher[] = []
  #reported = ''
  #looking = false
  #stopped = false
  #cancelPoll: () => void = () => {}

  constructor(paths: readonly string[], options: Options) {
    this.#paths = paths
    this.#options = options
  }

  async start(): Promise<void> {
    for (const directory of new Set(this.#paths.map(directoryOf))) this.#takeHints(directory)
    this.#reported = await this.#fingerprint()
    this.#poll()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelPoll()
    for (const hint of this.#hints) hint.close()
  }

  // Hints only make it quicker: without them the poll finds the change.
  #takeHints(path: string): void {
    try {
      const hint = watch(path, () => void this.#look())
      hint.on('error', () => hint.close())
      this.#hints.push(hint)
    } catch {}
  }

  #poll(): void {
    if (this.#stopped) return
    this.#cancelPoll = this.#options.clock.after(POLL_MS, () => void this.#look().then(() => this.#poll()))
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#stopped) return
    this.#looking = true
    try {
      const seen = await this.#fingerprint()
      if (seen === this.#reported) return
      this.#reported = await this.#settled(seen)
      if (!this.#stopped) await this.#options.onChange()
    } finally {
      this.#looking = false
    }
  }

  async #settled(seen: string): Promise<string> {
    const { clock } = this.#options
    const untilMs = clock.now() + MAX_SETTLE_MS
    for (let before = seen; ; ) {
      await new Promise<void>((resolve) => clock.after(SETTLE_MS, resolve))
      const now = await this.#fingerprint()
      if (now === before || clock.now() >= untilMs) return now
      before = now
    }
  }

  async #fingerprint(): Promise<string> {
    const parts = await Promise.all(this.#paths.map(fingerprintOf))
    return parts.join('\n')
  }
}

// A file that is replaced is another file: only its directory tells. What cannot be looked at may be either.
function directoryOf(path: string): string {
  try {
    return statSync(path).isDirectory() ? path : dirname(path)
  } catch {
    return dirname(path)
  }
}

async function fingerprintOf(path: string): Promise<string> {
  const names = await readdir(path).catch(() => undefined)
  const files = names === undefined ? [path] : names.sort().map((name) => join(path, name))
  const parts = await Promise.all(files.map(async (file) => `${file} ${await identity(file)}`))
  return `${path}:${parts.join(';')}`
}

async function identity(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(file, { bigint: true })
    return `${ino} ${size} ${mtimeNs}`
  } catch {
    return 'absent'
  }
}
