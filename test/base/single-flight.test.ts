import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SingleFlight } from '../../lib/base/single-flight.ts'

test('who asks for the same while it is under way gets the same result, and the work is done once', async () => {
  const flight = new SingleFlight<number>()
  const work = Promise.withResolvers<number>()
  let starts = 0
  const start = () => {
    starts++
    return work.promise
  }
  const all = [flight.run('a', start), flight.run('a', start), flight.run('a', start)]
  work.resolve(7)
  assert.deepEqual(await Promise.all(all), [7, 7, 7])
  assert.deepEqual([starts, flight.joined, flight.size], [1, 2, 0])
})

test('other work is not held up', async () => {
  const flight = new SingleFlight<string>()
  const slow = Promise.withResolvers<string>()
  const first = flight.run('slow', () => slow.promise)
  assert.equal(await flight.run('quick', async () => 'quick'), 'quick')
  assert.equal(flight.size, 1)
  slow.resolve('slow')
  assert.equal(await first, 'slow')
})

test('what failed fails for all who waited, and is tried again for the next', async () => {
  const flight = new SingleFlight<number>()
  const broken = new Error('broken')
  const fail = () => Promise.reject(broken)
  const both = [flight.run('a', fail), flight.run('a', fail)]
  for (const { reason } of (await Promise.allSettled(both)) as PromiseRejectedResult[]) assert.equal(reason, broken)
  assert.equal(flight.size, 0)
  assert.equal(await flight.run('a', async () => 1), 1)
})

test('what is over is done anew', async () => {
  const flight = new SingleFlight<number>()
  let starts = 0
  const start = async () => ++starts
  assert.deepEqual([await flight.run('a', start), await flight.run('a', start)], [1, 2])
})

test('work that throws before it has a promise leaves nothing behind', async () => {
  const flight = new SingleFlight<number>()
  const thrown = () => {
    throw new Error('at once')
  }
  assert.throws(() => flight.run('a', thrown), /at once/)
  assert.equal(await flight.run('a', async () => 1), 1)
})
