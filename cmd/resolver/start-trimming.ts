import type { Clock } from '../../lib/base/clock.ts'
import type { Library } from '../../lib/native/library.ts'

const LOOK_MS = 10_000
const GROWTH = 1.1

/**
 * What a burst of connections took, libc keeps in pieces for the next one: a process that had been at 125 MB stayed at 230 MB.
 * While it has a tenth more than it once had, what is unused is given back, which takes about 1 ms, and up to 10 ms if it
 * is much. The returned function ends that.
 */
export function startTrimming({ trimMemory }: Pick<Library, 'trimMemory'>, clock: Clock): () => void {
  let least = process.memoryUsage.rss()
  let cancel = () => {}
  const look = () => {
    if (process.memoryUsage.rss() > GROWTH * least) trimMemory()
    least = Math.min(least, process.memoryUsage.rss())
    cancel = clock.after(LOOK_MS, look)
  }
  cancel = clock.after(LOOK_MS, look)
  return () => cancel()
}
