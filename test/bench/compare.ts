import type { Reply } from './ask.ts'
import { dnsmasq } from './dnsmasq.ts'
import { feddns, feddnsDgram } from './feddns.ts'
import type { Run } from './load-run.ts'
import { measure } from './measure.ts'
import type { Options } from './options.ts'
import { faultOf, ready } from './ready.ts'
import type { Scenario } from './scenarios.ts'
import type { Bench, RunningServer, Server } from './server.ts'
import { unbound } from './unbound.ts'

/** In the order in which they have their turns. */
export const SERVERS: readonly Server[] = [feddns, unbound, dnsmasq, feddnsDgram]

const WARM_UP_SECONDS = 3

/** What a scenario came to: for each server its reply, and a run for each round. */
export interface Comparison {
  readonly scenario: Scenario
  readonly results: readonly { readonly name: Server['name']; readonly reply: Reply; readonly runs: readonly Run[] }[]
}

interface Contestant {
  readonly name: Server['name']
  readonly running: RunningServer
  readonly reply: Reply
  readonly runs: Run[]
}

/** Starts every server for this scenario alone, and lets them take turns: one after the other in each round. */
export async function compare(
  scenario: Scenario,
  { rounds, secondsPerRun }: Options,
  bench: Bench,
  say: (line: string) => void,
): Promise<Comparison> {
  const contestants: Contestant[] = []
  try {
    for (const server of SERVERS) contestants.push(await enter(server, scenario, bench))
    for (const contestant of contestants) await measure(contestant, scenario, WARM_UP_SECONDS, bench)
    for (let round = 1; round <= rounds; round++) {
      for (const contestant of contestants) {
        const run = await measure(contestant, scenario, secondsPerRun, bench)
        contestant.runs.push(run)
        say(`${scenario.id} ${round}/${rounds} ${contestant.name} ${run.microsPerQuery.toFixed(2)} µs`)
      }
    }
  } finally {
    await Promise.all(contestants.map(({ running }) => running.child.end()))
  }
  return { scenario, results: contestants.map(({ name, reply, runs }) => ({ name, reply, runs })) }
}

async function enter(server: Server, scenario: Scenario, bench: Bench): Promise<Contestant> {
  const running = await server.start(scenario, bench)
  const reply = await ready(running, scenario)
  const fault = faultOf(reply, scenario)
  if (fault !== undefined) throw new Error(`${scenario.id}: ${server.name} ${fault}`)
  return { name: server.name, running, reply, runs: [] }
}
