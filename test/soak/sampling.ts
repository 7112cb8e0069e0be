import { setTimeout as sleep } from 'node:timers/promises'
import type { Sample } from './growth.ts'
import type { World } from './world.ts'

const EVERY_MS = 2000

/** Looks at the resolver again and again for so long. */
export async function samplesOf(world: World, forMs: number): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const untilMs = performance.now() + forMs; performance.now() < untilMs; await sleep(EVERY_MS)) {
    const value = await world.metrics()
    samples.push({
      rssBytes: value('process_resident_memory_bytes'),
      heapBytes: value('process_heap_bytes'),
      openFiles: value('process_open_fds'),
      cacheEntries: value('feddns_cache_entries'),
      images: value('feddns_images'),
      inFlight: value('feddns_queries_in_flight'),
    })
  }
  return samples
}
