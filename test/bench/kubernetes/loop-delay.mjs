// Loaded into a program that is measured by `node --import`: on SIGUSR2 it prints, as one line of JSON on standard
// error, the longest delay of the event loop since the last time, in milliseconds. It begins when the program has its
// first connection to somewhere, so that the loading of the program does not count, or at once with LOOP_DELAY=now.
import diagnostics from 'node:diagnostics_channel'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const CONNECTED = 'undici:client:connected'
const delay = monitorEventLoopDelay({ resolution: 1 })

const begin = () => {
  diagnostics.unsubscribe(CONNECTED, begin)
  delay.enable()
}
if (process.env['LOOP_DELAY'] === 'now') begin()
else diagnostics.subscribe(CONNECTED, begin)

process.on('SIGUSR2', () => {
  process.stderr.write(`${JSON.stringify({ loopDelayMs: delay.max / 1e6 })}\n`)
  delay.reset()
})
