// Bar: 30 minutes of mixed real and hostile traffic, with reloads, changes and failing upstreams. See README.md.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { version } from '../../cmd/version.ts'
import { isUnavailable, openLibrary } from '../../lib/native/library.ts'
import { machine } from '../bench/machine.ts'
import { processTicks, tickMicros } from '../bench/cpu-time.ts'
import { chosen, orUsage, wholeNumber } from '../failures/bench.ts'
import { seededRandom } from '../helpers/packets.ts'
import { disturb } from './disturbances.ts'
import { reportOf } from './report.ts'
import { capacityOf, fillCaches, startLoad } from './traffic.ts'
import { samplesOf } from './sampling.ts'
import { startWorld } from './world.ts'

const USAGE = `node test/soak/soak.ts [options]

  --minutes N   how long, 2 to 600 (default 30)
  --udp MODE    how the resolver takes UDP: auto or dgram (default auto)
  --percent N   of the capacity that is measured first, 10 to 90 (default 70)`

const MODES = new Map([
  ['auto', 'auto' as const],
  ['dgram', 'dgram' as const],
])
const FLAGS = {
  minutes: { type: 'string', default: '30' },
  udp: { type: 'string', default: 'auto' },
  percent: { type: 'string', default: '70' },
} as const

const say = (line: string) => console.log(line)
const loadAverage = () => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')

await orUsage(USAGE, async () => {
  const { values } = parseArgs({ options: FLAGS })
  const minutes = wholeNumber('minutes', values.minutes, 600)
  const percent = wholeNumber('percent', values.percent, 90)
  const [udp = 'auto'] = chosen('udp', values.udp, MODES)
  const library = await openLibrary()
  if (isUnavailable(library)) throw new Error(`the load needs node:ffi: ${library.reason}`)
  say(`command   node test/soak/soak.ts --minutes ${minutes} --udp ${udp} --percent ${percent}`)
  say(`date      ${new Date().toISOString()}`)
  say(`machine   ${machine()}; load average ${loadAverage()} at the beginning`)
  say(`versions  node ${process.version}, feddns ${version}`)

  await using world = await startWorld(udp)
  const random = seededRandom(1)
  const capacity = await capacityOf({ library, port: world.resolver.port, random })
  say(`capacity  ${Math.round(capacity)} queries a second of the mix, with 256 under way at a time`)
  await fillCaches({ library, port: world.resolver.port, random })
  const end = new AbortController()
  const disturbed = disturb(world, end.signal)
  const traffic = startLoad({ library, port: world.resolver.port, random, perSecond: (capacity * percent) / 100 })
  const ticksBefore = processTicks(world.resolver.pid)
  const startMs = performance.now()
  const samples = await samplesOf(world, minutes * 60_000)
  const busyPercent =
    ((processTicks(world.resolver.pid) - ticksBefore) * tickMicros()) / (performance.now() - startMs) / 10
  end.abort()
  await disturbed
  const tallies = await traffic.stop()
  await sleep(5000)
  const { lines, failures } = reportOf({ samples, tallies, metrics: await world.metrics(), log: world.resolver.log })
  say(`busy      ${busyPercent.toFixed(0)} % of its core; load average ${loadAverage()} at the end`)
  for (const line of lines) say(line)
  for (const failure of failures) say(`MISSED: ${failure}`)
  process.exitCode = failures.length === 0 ? 0 : 1
})
