// A process that attacks: `node abuser.ts ATTACK HOST PORT SEED WEB BIG`, until it is told to stop; then it tells how often.
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../helpers/packets.ts'
import { Attacker } from './attacker.ts'
import { ATTACKS } from './attacks.ts'

const OPENING = 50 // at a time, as a SYN queue is finite

const [id, host = '', port, seed, web = '', big = '', limit] = process.argv.slice(2)
const attack = ATTACKS.find((attack) => attack.id === id)
if (attack === undefined) throw new Error(`no attack ${id}`)
const { clients, pauseMs = 0, one } = attack
const connections = Math.min(attack.connections, Number(limit))
const random = seededRandom(Number(seed))
const there = new Set<Attacker>()
const counts = { opened: 0, failed: 0, opening: 0 }
const ended = new AbortController()

async function place(i: number): Promise<void> {
  const localAddress = `127.1.${(i % clients) >> 8}.${1 + ((i % clients) & 0xff)}`
  while (!ended.signal.aborted) {
    while (counts.opening >= OPENING) await sleep(1 + (i % 10))
    counts.opening++
    const attacker = await Attacker.open({
      host,
      port: Number(port),
      localAddress,
      pauseMs,
      random,
      names: { web, big },
    })
    counts.opening--
    if (attacker === undefined) {
      counts.failed++
      await sleep(10)
      continue
    }
    counts.opened++
    there.add(attacker)
    await one(attacker).catch((error: unknown) => console.error(error))
    there.delete(attacker)
    attacker.socket.destroy()
    if (pauseMs > 0) await sleep(pauseMs)
  }
}

process.once('message', () => {
  ended.abort()
  process.send?.({ opened: counts.opened, failed: counts.failed }, () => process.exit(0))
})
process.once('disconnect', () => process.exit(0))
await Promise.all(Array.from({ length: connections }, (_, i) => place(i)))
