import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { listenUdpBatched } from '../../lib/server/udp-batched.ts'
import { RightOfWay } from '../../lib/server/right-of-way.ts'
import { MovedClock } from '../helpers/moved-clock.ts'
import { library } from '../native/library-under-test.ts'

const SEND = `
  const socket = require('node:dgram').createSocket('udp4')
  socket.send('query', Number(process.argv[1]), '127.0.0.1', () => socket.close())`

test('those who have it go first once in a while, not each time', () => {
  const clock = new MovedClock()
  const rightOfWay = new RightOfWay(clock)
  const looked: string[] = []
  rightOfWay.claim(() => looked.push('a'))
  const leave = rightOfWay.claim(() => looked.push('b'))
  rightOfWay.give()
  rightOfWay.give()
  assert.deepEqual(looked, ['a', 'b'])
  clock.advance(1)
  leave()
  rightOfWay.give()
  assert.deepEqual(looked, ['a', 'b', 'a'])
})

test('a query over UDP is answered while the event loop is busy with something that gives way', async () => {
  const clock = new MovedClock()
  const rightOfWay = new RightOfWay(clock)
  const errors: Error[] = []
  let answered = 0
  const respond = (packet: Buffer): Buffer => {
    answered++
    return packet
  }
  const onError = (error: Error) => void errors.push(error)
  const listener = await listenUdpBatched(
    { host: '127.0.0.1', port: 0 },
    { library, clock, rightOfWay, respond, onError },
  )
  try {
    // Our event loop does not turn while another process sends: nobody else could take it.
    execFileSync(process.execPath, ['-e', SEND, String(listener.address.port)])
    assert.equal(answered, 0)
    rightOfWay.give()
    assert.equal(answered, 1)
  } finally {
    const closed = listener.close(0)
    clock.advance(0)
    await closed
  }
  clock.advance(1)
  rightOfWay.give()
  assert.deepEqual(errors, [])
})
