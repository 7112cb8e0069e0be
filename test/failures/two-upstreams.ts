// What clients notice when one of two upstreams fails, and when it returns. See README.md.
import { parseArgs } from 'node:util'
import { LEGEND, lineOf, missed, type Row, titleLine } from './bar.ts'
import { chosen, orUsage, runBench, wholeNumber } from './bench.ts'
import { FAULTS } from './faults.ts'
import { measure, SHORT_TIMES, TIMES } from './measure.ts'

const POLICIES = ['fastest', 'sequential', 'roundRobin', 'random']
const MOST_PER_SECOND = 5000
const USAGE = `node test/failures/two-upstreams.ts [--fault IDS] [--policy NAMES] [--rate NUMBERS] [--bar] [--short] [--program SCRIPT] [--json FILE]

  --fault IDS        some of ${FAULTS.map(({ id }) => id).join(', ')}; with commas; default all
  --bar              only those that the bar names
  --short            less of everything, for a first look
  --policy NAMES     some of ${POLICIES.join(', ')}, or default (none in the configuration); default the first three
  --rate NUMBERS     queries per second (default 200)
  --program SCRIPT   another feddns than the one of this checkout
  --json FILE        write everything to this file as well`

await orUsage(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      fault: { type: 'string' },
      bar: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
      policy: { type: 'string', default: POLICIES.slice(0, 3).join(',') },
      rate: { type: 'string', default: '200' },
      program: { type: 'string' },
      json: { type: 'string' },
    },
  })
  const faults = chosen('fault', values.fault, new Map(FAULTS.map((fault) => [fault.id, fault])))
  const policies = chosen('policy', values.policy, new Map([...POLICIES, 'default'].map((name) => [name, name])))
  const rates = values.rate.split(',').map((rate) => wholeNumber('rate', rate, MOST_PER_SECOND))
  const { bar, short, program, json } = values

  await runBench(import.meta.filename, json, async () => {
    console.log(['', ...LEGEND, '', titleLine()].join('\n'))
    const rows: Row[] = []
    for (const fault of faults.filter(({ isOfBar }) => isOfBar || !bar)) {
      for (const policy of policies) {
        for (const perSecond of rates) {
          const measured = await measure(
            fault,
            { policy, perSecond, ...(program !== undefined && { program }) },
            short ? SHORT_TIMES : TIMES,
          )
          const row = { fault, policy, perSecond, measured }
          rows.push(row)
          console.log(lineOf(row))
        }
      }
    }
    return { figures: rows, failures: rows.filter(({ fault }) => fault.isOfBar).flatMap(failuresOf) }
  })
})

function failuresOf({ fault, policy, perSecond, measured }: Row): readonly string[] {
  return missed(measured).map((what) => `${fault.id}, ${policy}, ${perSecond}/s: ${what}`)
}
