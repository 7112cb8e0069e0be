import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UDP } from '../../lib/server/carrier.ts'
import { queryPacket } from '../helpers/packets.ts'
import { ScriptedResponder } from './scripted-responder.ts'

const CLIENT = '127.0.0.1'

test('while answers are not to be worked out, finished ones are sent, and to the rest nothing is said', async () => {
  const { responder, names } = world()
  await responder.respond(queryPacket('web'), CLIENT, UDP)
  const asked: string[] = []
  const sparing = {
    ...UDP,
    affords: (client: string) => {
      asked.push(client)
      return false
    },
  }
  assert.ok(Buffer.isBuffer(responder.respond(queryPacket('web'), CLIENT, sparing)))
  assert.equal(responder.respond(queryPacket('new'), '10.0.0.7', sparing), undefined)
  assert.deepEqual([asked, names()], [['10.0.0.7'], ['web.']])
})

test('what may be worked out all the same is answered', async () => {
  const { responder } = world()
  const reply = await responder.respond(queryPacket('new'), CLIENT, { ...UDP, affords: () => true })
  assert.ok(Buffer.isBuffer(reply))
})

function world() {
  const scripted = new ScriptedResponder()
  return { responder: scripted.responder, names: () => scripted.names }
}
