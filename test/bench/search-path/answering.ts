import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../../helpers/dns-client.ts'
import { ask } from '../ask.ts'
import type { Child } from '../children.ts'

const ATTEMPTS = 100
const ATTEMPT_MS = 100

/** Waits until a server that was started answers a name. */
export async function answering({ port }: Server, name: string, { ended }: Child): Promise<void> {
  for (let i = 0; i < ATTEMPTS; i++) {
    if ((await Promise.race([ask(port, name, ATTEMPT_MS), ended])) !== undefined) return
    await sleep(ATTEMPT_MS)
  }
  throw new Error(`no reply to ${ATTEMPTS} queries on port ${port}`)
}
