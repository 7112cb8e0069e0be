import { once } from 'node:events'
import { messageOf } from '../lib/base/error-text.ts'
import { systemClock } from '../lib/base/clock.ts'
import { Generations } from '../lib/base/generations.ts'
import { cryptoRandom16 } from '../lib/base/random.ts'
import { loadConfig } from '../lib/config/load-config.ts'
import { createLogger, limitedWarn, type LogLevel } from '../lib/observe/log.ts'
import { Drains } from './resolver/drains.ts'
import { openNativeUdp, type UdpMode } from './resolver/native-udp.ts'
import { Counters } from './resolver/counters.ts'
import { ResolverProcess } from './resolver/process.ts'
import { Reloader } from './resolver/reloader.ts'
import type { Runtime } from './resolver/runtime.ts'
import { startTrimming } from './resolver/start-trimming.ts'
import { surviveFaults } from './resolver/survive-faults.ts'
import { warnOfFewFiles } from './resolver/system-limits.ts'

interface Options {
  readonly config: string
  readonly logLevel: LogLevel
  readonly udp: UdpMode
  readonly env: NodeJS.ProcessEnv
}

/** Runs until SIGTERM or SIGINT. The exit code. */
export async function resolver({ config: path, logLevel, udp, env }: Options): Promise<number> {
  const log = createLogger(logLevel)
  const stopped = stopSignal()
  // A hang-up before there is anything to reload must not end the process.
  let onHangup = () => {}
  process.on('SIGHUP', () => onHangup())
  const runtime: Runtime = {
    clock: systemClock,
    wallClock: () => Date.now(),
    random: cryptoRandom16(),
    env,
    uid: process.geteuid?.() ?? 0,
    generations: new Generations(),
    log,
    warn: limitedWarn(log, systemClock),
    counters: new Counters(),
    startedSeconds: Math.floor(Date.now() / 1000),
    nodeName: env['NODE_NAME'],
    drains: new Drains(systemClock),
    nativeUdp: await openNativeUdp(udp, log),
  }
  const loaded = await loadConfig(path, env, runtime.wallClock())
  for (const problem of loaded.problems) log.error({ config: path, problem }, 'configuration refused')
  if (loaded.config === undefined) return 1
  for (const warning of loaded.warnings) log.warn({ config: path, warning }, 'configuration')
  warnOfFewFiles(log)
  const running = new ResolverProcess(runtime)
  try {
    await running.apply(loaded.config)
  } catch (error) {
    log.error({ error: messageOf(error) }, 'cannot start')
    await running.stop({ lameDuckMs: 0 })
    await runtime.nativeUdp?.sockets.close()
    return 1
  }
  surviveFaults(runtime)
  const reloader = new Reloader(path, loaded, { env, runtime, running })
  onHangup = () => void reloader.reloadAsAsked()
  await reloader.start()
  const stopTrimming = runtime.nativeUdp && startTrimming(runtime.nativeUdp.library, systemClock)
  const stopMeasuring = runtime.counters.loopDelay.measure(systemClock)
  await running.stop({ lameDuckMs: await stopped })
  reloader.stop()
  stopTrimming?.()
  stopMeasuring()
  await runtime.nativeUdp?.sockets.close()
  return 0
}

// How long to go on: SIGTERM leaves time for traffic to go elsewhere (undefined: as configured); SIGINT, from a keyboard,
// does not. A second signal ends the process at once.
async function stopSignal(): Promise<0 | undefined> {
  const lameDuckMs = await Promise.race([
    once(process, 'SIGTERM').then(() => undefined),
    once(process, 'SIGINT').then(() => 0 as const),
  ])
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(130))
  return lameDuckMs
}
