import { once } from 'node:events'
import { messageOf } from '../lib/base/error-text.ts'
import { systemClock } from '../lib/base/clock.ts'
import { Generations } from '../lib/base/generations.ts'
import { cryptoRandom16 } from '../lib/base/random.ts'
import { watchPaths } from '../lib/base/watch-paths.ts'
import { loadConfig } from '../lib/config/load-config.ts'
import { createLogger, limitedWarn, type LogLevel } from '../lib/observe/log.ts'
import { Counters } from './resolver/counters.ts'
import { ResolverProcess } from './resolver/process.ts'
import type { Runtime } from './resolver/runtime.ts'

interface Options {
  readonly config: string
  readonly logLevel: LogLevel
  readonly env: NodeJS.ProcessEnv
}

/** Runs until SIGTERM or SIGINT. The exit code. */
export async function resolver({ config: path, logLevel, env }: Options): Promise<number> {
  const log = createLogger(logLevel)
  const runtime: Runtime = {
    clock: systemClock,
    random: cryptoRandom16(),
    generations: new Generations(),
    log,
    warn: limitedWarn(log, systemClock),
    counters: new Counters(),
    startedSeconds: Math.floor(Date.now() / 1000),
    nodeName: env['NODE_NAME'],
  }
  const loaded = await loadConfig(path, env)
  for (const problem of loaded.problems) log.error({ config: path, problem }, 'configuration refused')
  if (loaded.config === undefined) return 1
  for (const warning of loaded.warnings) log.warn({ config: path, warning }, 'configuration')
  const running = new ResolverProcess(runtime)
  try {
    await running.apply(loaded.config)
  } catch (error) {
    log.error({ error: messageOf(error) }, 'cannot start')
    await running.stop({ lameDuckMs: 0 })
    return 1
  }
  const stopReloading = await reloadOnChange(path, loaded.paths, { env, runtime, running })
  await stopSignal(running)
  stopReloading()
  return 0
}

interface Reloading {
  readonly env: NodeJS.ProcessEnv
  readonly runtime: Runtime
  readonly running: ResolverProcess
}

// A new configuration counts as a whole or not at all. What is watched changes with it.
async function reloadOnChange(
  path: string,
  paths: readonly string[],
  { env, runtime, running }: Reloading,
): Promise<() => void> {
  const { clock, log, counters } = runtime
  let unwatch = () => {}
  let work = Promise.resolve()
  const watch = async (watched: readonly string[]) => {
    unwatch()
    unwatch = await watchPaths(watched, { clock, onChange: () => reload() })
  }
  const reload = () => (work = work.then(reloadNow))
  const reloadNow = async () => {
    const loaded = await loadConfig(path, env)
    try {
      if (loaded.config === undefined) throw new Error(loaded.problems.join('; '))
      await running.apply(loaded.config)
      counters.reloads++
      log.info({ config: path, warnings: loaded.warnings }, 'configuration reloaded')
      await watch(loaded.paths)
    } catch (error) {
      counters.reloadsRefused++
      log.error({ config: path, problem: messageOf(error) }, 'configuration refused, the one before stays')
    }
  }
  await watch(paths)
  process.on('SIGHUP', () => void reload())
  return () => unwatch()
}

// SIGTERM leaves time for traffic to go elsewhere; SIGINT, from a keyboard, does not; a second one ends it at once.
async function stopSignal(running: ResolverProcess): Promise<void> {
  const lameDuckMs = await Promise.race([
    once(process, 'SIGTERM').then(() => undefined),
    once(process, 'SIGINT').then(() => 0),
  ])
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(130))
  await running.stop({ lameDuckMs })
}
