import assert from 'node:assert/strict'
import { type Server, UdpClient } from '../helpers/dns-client.ts'
import { queryPacket, spelled } from '../helpers/packets.ts'
import { readReply, untimed } from './reply.ts'
import { USUAL_ADDRESS } from './scripted-server.ts'

/** Asks for a name under many ids at once, spelled in another way each time; each has to get a reply of its own. */
export async function askAlike(
  server: Server,
  wanted: string,
  [firstId, count]: readonly [number, number],
): Promise<void> {
  await using client = await UdpClient.open(server)
  const spellings = new Map<number, string>()
  for (let id = firstId; id < firstId + count; id++) {
    const name = wanted
      .split('')
      .map((letter, i) => (((id * 31) >> i) & 1 ? letter.toUpperCase() : letter))
      .join('')
    spellings.set(id, name)
    client.send(queryPacket(name, { id }))
  }
  while (spellings.size > 0) {
    const { octets } = await client.next()
    const id = octets.readUInt16BE(0)
    const name = spellings.get(id) ?? assert.fail(`a second reply to ${id}`)
    spellings.delete(id)
    const got = readReply(octets)
    assert.deepEqual(got.question.subarray(0, -4), spelled(name))
    assert.deepEqual(untimed(got.answer), [`${wanted}. A ${USUAL_ADDRESS}`])
  }
}
