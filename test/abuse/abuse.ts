// What well-behaved clients notice while others abuse TCP and TLS, and what is left of it. See README.md.
import { execFileSync } from 'node:child_process'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chosen, orUsage, runBench, wholeNumber } from '../failures/bench.ts'
import { debianProgram } from '../peers/debian.ts'
import { ATTACKS } from './attacks.ts'
import { lineOf, missed, TITLE } from './report.ts'
import { type UnderAbuse, underAbuse } from './under-abuse.ts'
import { Victim } from './victim.ts'

const USAGE = `node test/abuse/abuse.ts [--attack IDS] [--rate N] [--quiet N] [--seconds N] [--json FILE]

  --attack IDS   some of ${ATTACKS.map(({ id }) => id).join(', ')}; with commas; default all
  --rate N       queries per second over UDP (default 1000)
  --quiet N      seconds before each attack (default 4)
  --seconds N    of each attack (default 8)
  --program FILE another feddns than the one of this checkout
  --priority N   of the resolver and of who measures, so that neighbours on a busy machine count less (as of nice; needs root)
  --json FILE    write everything to this file as well`

const WARM_UP = { quietMs: 500, attackMs: 2000, restMs: 500 }
const REST_MS = 30_000
const SERVER_CORE = '0'
const OTHER_CORE = '1'
// Who measures must not be kept waiting by who attacks, on the same core: the latter has what nobody else wants (sched(7)).
const KINDLY = ['--idle', '0']

await orUsage(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      attack: { type: 'string' },
      rate: { type: 'string', default: '1000' },
      quiet: { type: 'string', default: '4' },
      seconds: { type: 'string', default: '8' },
      program: { type: 'string', default: join(import.meta.dirname, '../../cmd/feddns.ts') },
      priority: { type: 'string' },
      json: { type: 'string' },
    },
  })
  const attacks = chosen('attack', values.attack, new Map(ATTACKS.map((attack) => [attack.id, attack])))
  const options = {
    perSecond: wholeNumber('rate', values.rate, 5000),
    quietMs: 1000 * wholeNumber('quiet', values.quiet, 3600),
    attackMs: 1000 * wholeNumber('seconds', values.seconds, 3600),
    restMs: REST_MS,
    seed: 1,
    prefix: [debianProgram('taskset'), '-c', OTHER_CORE, debianProgram('chrt'), ...KINDLY],
  }
  await runBench(import.meta.filename, values.json, async () => {
    execFileSync(debianProgram('taskset'), ['-a', '-p', '-c', OTHER_CORE, String(process.pid)], { stdio: 'ignore' })
    await using victim = await Victim.start([
      debianProgram('taskset'),
      '-c',
      SERVER_CORE,
      process.execPath,
      values.program,
    ])
    if (values.priority !== undefined) {
      for (const pid of [process.pid, victim.resolver.pid]) setPriority(pid, Number(values.priority))
    }
    // What the first attack of a life leaves is code that is compiled, and pools that have grown.
    for (const attack of attacks) await underAbuse(attack, victim, { ...options, ...WARM_UP })
    console.log(`\n${TITLE}`)
    const rows: (UnderAbuse & { readonly id: string })[] = []
    for (const attack of attacks) {
      const result = await underAbuse(attack, victim, options)
      rows.push({ id: attack.id, ...result })
      console.log(lineOf(attack.id, result))
    }
    return { figures: rows, failures: rows.flatMap((row) => missed(row).map((what) => `${row.id}: ${what}`)) }
  })
})
