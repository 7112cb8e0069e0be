import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { service, slice } from '../helpers/objects.ts'
import { fill } from './fill.ts'
import { Watched } from './watched.ts'

// While a cluster is listed again, however slowly, nobody sees a part of it.

const AGO_MS = 10_000
const COUNT = 500
const NAMES = Array.from({ length: COUNT }, (_, at) => `s${at}`)
// Of which the list tells something new.
const CHANGED = new Set(['s3', 's4', 's5'])
const COLLECTIONS = ['services', 'endpointslices', 'nodes']

for (const watchList of [true, false]) {
  test(`while all is listed again nothing healthy goes away (${watchList ? 'streaming lists' : 'pages'})`, async () => {
    await using server = await startFakeApiServer({ watchList })
    fill(server, COUNT)
    let turns = 0
    let isLooking = false
    const look = ({ directory }: Watched) => {
      if (!isLooking) return
      turns++
      for (const name of NAMES) {
        const shard = directory.shard('shop', name)
        if (CHANGED.has(name)) continue
        assert.ok(shard !== undefined && directory.isHealthy(shard), `${name} is away`)
        assert.equal(shard.ready.length, 1)
      }
    }
    await using watched = new Watched(server, { pieceOctets: 1500, onTurn: look })
    await watched.follows()
    await watched.agrees()
    isLooking = true
    for (const resource of COLLECTIONS) server.intercept({ resource, isWatch: true }, { status: 410 })
    server.endWatches()
    server.removeSilently('Service', 'shop/s3')
    server.applySilently(slice('s4.shop', ['!10.1.0.4']))
    server.applySilently(service('s5.shop', '10.9.9.9'))
    await watched.pass(AGO_MS)
    await watched.follows()
    await watched.agrees()
    assert.deepEqual(
      COLLECTIONS.map((resource) => watched.asks(resource).length > 1),
      [true, true, true],
    )
    assert.ok(turns > 100, `${turns} turns`)
  })
}
