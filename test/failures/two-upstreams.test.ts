import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import type { Row } from './bar.ts'
import { FAULTS } from './faults.ts'
import { type Measured, measure, SHORT_TIMES } from './measure.ts'
import { runInOwnNetwork, whyNoNetwork } from './own-network.ts'

const PER_SECOND = 100
const SCRIPT = join(import.meta.dirname, 'two-upstreams.ts')
const isRequired = process.env['FEDDNS_REQUIRE_PEERS'] === '1'

const fault = (id: string) => FAULTS.find((one) => one.id === id)!

function assertCarriedOver({ healthy, all, firstUpstreamQueries, returnSeconds }: Measured): void {
  assert.ok(healthy.asked > 0 && healthy.answeredPercent === 100, 'all is well before')
  const { asked, answeredPercent, lost, failures, lateP99Ms } = all
  assert.deepEqual(
    { answeredPercent, lost, failures },
    { answeredPercent: 100, lost: 0, failures: {} },
    `of ${asked}, asked up to ${lateP99Ms} ms late`,
  )
  const { healthy: before, later } = firstUpstreamQueries
  assert.ok(
    later < before / 2,
    `of each query ${before} reached the upstream, and ${later} after it had failed for 3 s`,
  )
  assert.ok(returnSeconds !== undefined, 'it gets its share again')
}

describe('one of two upstreams fails: all is answered, it is asked less, and it is asked again when it is back', {
  concurrency: 3,
}, () => {
  for (const id of ['refused', 'silent', 'servfail', 'delay']) {
    test(fault(id).title, async () => {
      assertCarriedOver(await measure(fault(id), { policy: 'default', perSecond: PER_SECOND }, SHORT_TIMES))
    })
  }

  for (const id of ['loss', 'tcp-silent']) {
    test(fault(id).title, { skip: isRequired ? false : (whyNoNetwork() ?? false) }, async () => {
      await using folder = await temporaryFolder()
      const json = folder.file('result.json')
      const words = ['--fault', id, '--policy', 'default', '--rate', String(PER_SECOND), '--short', '--json', json]
      const { stdout } = await runInOwnNetwork(SCRIPT, words, true)
      const { figures } = JSON.parse(await readFile(json, 'utf8').catch(() => assert.fail(stdout))) as {
        figures: Row[]
      }
      assertCarriedOver(figures[0]!.measured)
    })
  }
})
