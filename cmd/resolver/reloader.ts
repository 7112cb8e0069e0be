import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../../lib/base/error-text.ts'
import { watchPaths } from '../../lib/base/watch-paths.ts'
import { type Loaded, loadConfig } from '../../lib/config/load-config.ts'
import type { ResolverProcess } from './process.ts'
import type { Runtime } from './runtime.ts'

interface Options {
  readonly env: NodeJS.ProcessEnv
  readonly runtime: Runtime
  readonly running: ResolverProcess
}

/** Takes a new configuration over when a file changes or somebody asks for it: as a whole, or not at all. */
export class Reloader {
  readonly #path: string
  readonly #options: Options
  #loaded: Loaded
  #work = Promise.resolve()
  #watched: readonly string[] = []
  #unwatch = () => {}
  /** How often a configuration was taken or refused. */
  #outcomes = 0

  constructor(path: string, loaded: Loaded, options: Options) {
    this.#path = path
    this.#loaded = loaded
    this.#options = options
  }

  /** Watches; a change since the configuration was loaded is found as well. */
  async start(): Promise<void> {
    await this.#watch(this.#loaded.paths)
  }

  /** Because somebody asked for it, who wants to know what came of it also if nothing did. */
  async reloadAsAsked(): Promise<void> {
    const before = this.#outcomes
    await this.reload()
    if (this.#outcomes === before) this.#options.runtime.log.info({ config: this.#path }, 'configuration unchanged')
  }

  /** One at a time: a change that comes meanwhile is looked at afterwards. */
  reload(): Promise<void> {
    this.#work = this.#work.then(() => this.#reload())
    return this.#work
  }

  stop(): void {
    this.#unwatch()
  }

  async #reload(): Promise<void> {
    const { env, runtime } = this.#options
    const loaded = await loadConfig(this.#path, env, runtime.wallClock())
    const before = this.#loaded
    this.#loaded = loaded
    if (!isDeepStrictEqual([loaded.config, loaded.problems], [before.config, before.problems])) await this.#take(loaded)
    await this.#watch(loaded.paths)
  }

  async #take(loaded: Loaded): Promise<void> {
    const { log, counters } = this.#options.runtime
    const { config, warnings } = loaded
    this.#outcomes++
    const problems = config === undefined ? loaded.problems : await problemsOf(this.#options.running.apply(config))
    if (problems.length === 0) {
      counters.reloads++
      return log.info({ config: this.#path, warnings }, 'configuration reloaded')
    }
    // So that the same configuration is tried again when somebody asks for it.
    this.#loaded = { ...loaded, config: undefined, problems }
    counters.reloadsRefused++
    for (const problem of problems) {
      log.error({ config: this.#path, problem }, 'configuration refused, the one before stays')
    }
  }

  // What is watched follows the configuration. Since it was read, and before it was watched, it may have changed.
  async #watch(paths: readonly string[]): Promise<void> {
    if (isDeepStrictEqual(paths, this.#watched)) return
    this.#unwatch()
    this.#watched = paths
    const { clock } = this.#options.runtime
    this.#unwatch = await watchPaths(paths, { clock, onChange: () => this.reload() })
    void this.reload()
  }
}

async function problemsOf(work: Promise<void>): Promise<string[]> {
  try {
    await work
    return []
  } catch (error) {
    return [messageOf(error)]
  }
}
