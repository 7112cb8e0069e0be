import { setTimeout as delay } from 'node:timers/promises'
import { addressesOf, ScriptedResponder } from './scripted-responder.ts'

/** A responder whose name `large` has 4000 addresses: 64,000 octets. */
export function withLarge(): ScriptedResponder {
  const world = new ScriptedResponder()
  const many = Array.from({ length: 4000 }, (_, i) => `10.0.${i >> 8}.${i & 0xff}`)
  world.answer('large', () => addressesOf(world.asked.at(-1)!, many))
  return world
}

/** Waits until no more queries are taken: what the kernel holds for a client that does not read is full then. */
export async function untilQuiet({ responder }: ScriptedResponder): Promise<void> {
  for (let quiet = 0, before = -1; quiet < 5; ) {
    await delay(20)
    quiet = responder.counters.fromImage === before ? quiet + 1 : 0
    before = responder.counters.fromImage
  }
}
