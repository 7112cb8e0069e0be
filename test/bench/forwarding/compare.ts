import { ready } from '../ready.ts'
import type { Reply } from '../ask.ts'
import type { Options } from '../options.ts'
import { coredns } from './coredns.ts'
import { feddns } from './feddns.ts'
import type { Bench, Forwarder, RunningForwarder } from './forwarder.ts'
import { NAME_TO_TRY } from './queries.ts'
import type { Scenario } from './scenarios.ts'
import { faultOf, takeTurn, type Turn } from './turn.ts'
import { unbound } from './unbound.ts'
import type { Upstream } from './upstream.ts'

/** In the order in which they have their turns. */
export const FORWARDERS: readonly Forwarder[] = [feddns, coredns, unbound]

// A program that is compiled while it runs has to have seen its work.
const WARM_UP_SECONDS = 5

/** What a scenario came to: for each server its reply, and a turn for each round. */
export interface Comparison {
  readonly scenario: Scenario
  readonly results: readonly Result[]
}

export interface Result {
  readonly name: Forwarder['name']
  readonly reply: Reply
  readonly turns: readonly Turn[]
}

interface Contestant {
  readonly name: Forwarder['name']
  readonly running: RunningForwarder
  readonly reply: Reply
  readonly turns: Turn[]
}

type Means = Bench & { readonly upstream: Upstream; readonly say: (line: string) => void }

/** Starts every server for this scenario alone, and lets them take turns: one after the other in each round. */
export async function compare(scenario: Scenario, options: Options, means: Means): Promise<Comparison> {
  const contestants: Contestant[] = []
  try {
    for (const forwarder of FORWARDERS) contestants.push(await enter(forwarder, scenario, means))
    for (const contestant of contestants) await takeTurn(contestant, scenario, WARM_UP_SECONDS, means)
    for (let round = 1; round <= options.rounds; round++) {
      for (const contestant of contestants) {
        const turn = await takeTurn(contestant, scenario, options.secondsPerRun, means)
        const fault = faultOf(turn, scenario)
        if (fault !== undefined) throw new Error(`${scenario.id}: ${contestant.name} ${fault}`)
        contestant.turns.push(turn)
        means.say(`${scenario.id} ${round}/${options.rounds} ${contestant.name} ${turn.microsPerQuery.toFixed(2)} µs`)
      }
    }
  } finally {
    await Promise.all(contestants.map(({ running }) => running.child.end()))
  }
  return { scenario, results: contestants.map(({ name, reply, turns }) => ({ name, reply, turns })) }
}

async function enter(forwarder: Forwarder, scenario: Scenario, bench: Bench): Promise<Contestant> {
  const running = await forwarder.start(scenario, bench)
  const reply = await ready(running, { name: NAME_TO_TRY })
  const got = `${reply.rcode} ${reply.answer.join(' ')}`
  if (got !== 'NOERROR A') throw new Error(`${scenario.id}: ${forwarder.name} answered ${got}`)
  return { name: forwarder.name, running, reply, turns: [] }
}
