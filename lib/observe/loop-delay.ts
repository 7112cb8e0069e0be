import type { Clock } from '../base/clock.ts'
import { Histogram } from './histogram.ts'

const EVERY_MS = 100 // each look wakes the process
const BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** How late a timer is that is due every 100 ms: a pause that is longer is never missed, of shorter ones a part is seen. */
export class LoopDelay {
  /** In seconds. */
  readonly histogram = new Histogram(BOUNDS)

  /** Until the returned function is called. */
  measure(clock: Clock): () => void {
    let cancel = () => {}
    const wait = () => {
      const dueMs = clock.now() + EVERY_MS
      cancel = clock.after(EVERY_MS, () => {
        this.histogram.observe(Math.max(0, clock.now() - dueMs) / 1000)
        wait()
      })
    }
    wait()
    return () => cancel()
  }
}
