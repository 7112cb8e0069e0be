import type { Child, Children } from './children.ts'
import { coreTicks, processTicks, tickMicros } from './cpu-time.ts'
import { dnsperfArguments, type Load, parseReport } from './dnsperf.ts'
import { CLIENT_CORE, SERVER_CORE } from './server.ts'

/** One server under load for some seconds. */
export interface Run {
  readonly microsPerQuery: number
  readonly queriesPerSecond: number
  readonly answeredPercent: number
  /** How much of its core the server had, and how much of it others had meanwhile. */
  readonly busyPercent: number
  readonly othersPercent: number
}

interface Means {
  readonly children: Children
  readonly dnsperf: string
  readonly queriesFile: string
  readonly seconds: number
}

/** Loads a server, alone on its core, with the questions of a file, over and over. */
export async function loadRun(
  { child, port }: { readonly child: Child; readonly port: number },
  { children, dnsperf, queriesFile, seconds }: Means,
): Promise<Run & { readonly load: Load }> {
  const before = { server: processTicks(child.pid), core: coreTicks(SERVER_CORE), ms: performance.now() }
  const report = await Promise.race([
    children.run(CLIENT_CORE, [dnsperf, ...dnsperfArguments(port, seconds, queriesFile)]),
    child.ended,
  ])
  const serverMicros = (processTicks(child.pid) - before.server) * tickMicros()
  const coreMicros = (coreTicks(SERVER_CORE) - before.core) * tickMicros()
  const elapsedMicros = (performance.now() - before.ms) * 1000
  const load = parseReport(report)
  return {
    load,
    microsPerQuery: serverMicros / load.completed,
    queriesPerSecond: load.queriesPerSecond,
    answeredPercent: (100 * load.completed) / load.sent,
    busyPercent: (100 * serverMicros) / elapsedMicros,
    othersPercent: Math.max(0, (100 * (coreMicros - serverMicros)) / elapsedMicros),
  }
}
