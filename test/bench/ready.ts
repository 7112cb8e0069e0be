import { setTimeout as sleep } from 'node:timers/promises'
import { ask, type Reply } from './ask.ts'
import type { Scenario } from './scenarios.ts'
import type { RunningServer } from './server.ts'

const ATTEMPTS = 100
const ATTEMPT_MS = 100

/** Waits for a server to answer: its second reply, which comes from where all others will come from. */
export async function ready({ port, child }: RunningServer, { name }: Pick<Scenario, 'name'>): Promise<Reply> {
  const second = firstReply(port, name).then(() => firstReply(port, name))
  return Promise.race([second, child.ended])
}

async function firstReply(port: number, name: string): Promise<Reply> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const reply = await ask(port, name, ATTEMPT_MS)
    if (reply !== undefined) return reply
    await sleep(ATTEMPT_MS)
  }
  throw new Error(`no reply to ${ATTEMPTS} queries on port ${port}`)
}

/** What is wrong with a reply, if anything: no server may win by refusing. */
export function faultOf({ rcode, answer }: Reply, expected: Scenario): string | undefined {
  const [got, wanted] = [`${rcode} ${answer.join('+')}`, `${expected.rcode} ${expected.answer.join('+')}`]
  return got === wanted ? undefined : `answered ${got} instead of ${wanted}`
}
