import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe } from 'node:test'
import { frame } from '../../lib/dns/frame-reader.ts'
import { TcpClient, UdpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { queryPacket, uint16s } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { Rig, sharedRig } from './rig.ts'
import { readReply, untimed } from './reply.ts'
import { after, usual, USUAL_ADDRESS } from './scripted-server.ts'

const BARE = 'web.shop.fleet'
const OWN = 'beef 0 NOERROR qr aa rd ra 1/2/0/0'
const FOREIGN = 'beef 0 NOERROR qr rd ra 1/1/0/0'

const rig = await sharedRig({ config: { listen: ['127.0.0.1:0', '127.0.0.2:0', '[::1]:0'] } })
const asking = (name: string, id = 0xbeef): Buffer => queryPacket(name, { id })
const openFiles = async ({ resolver }: Rig): Promise<number> => (await readdir(`/proc/${resolver.pid}/fd`)).length

describe('TCP', { concurrency: 8 }, () => {
  behaviour('TCP-01', 'a question that comes octet by octet is answered, in one piece', async () => {
    for (const [name, head] of [
      [BARE, OWN],
      ['tcp01.example', FOREIGN],
    ] as const) {
      await using client = await TcpClient.open(rig.server())
      const pieces: Buffer[] = []
      client.socket.on('data', (chunk: Buffer) => pieces.push(chunk))
      for (let round = 0; round < 5; round++) {
        for (const octet of frame(asking(name))) {
          client.write(Buffer.of(octet))
          await new Promise((resolve) => setImmediate(resolve))
        }
        assert.equal(readReply(await client.next()).head, head)
        const [piece = Buffer.alloc(2), ...others] = pieces.splice(0)
        assert.deepEqual([piece.readUInt16BE(0) + 2, others], [piece.length, []])
      }
    }
  })

  behaviour('TCP-02', 'a hundred questions in one segment have a hundred replies', async () => {
    rig.upstream.on('slow.tcp02.example', after(200, usual))
    await using client = await TcpClient.open(rig.server())
    const names = Array.from({ length: 100 }, (_, i) =>
      i % 3 === 0 ? BARE : i % 3 === 1 ? `n${i}.tcp02.example` : `n${i}.slow.tcp02.example`,
    )
    client.send(...names.map((name, id) => asking(name, id)))
    const replies = new Map((await client.take(100)).map((octets) => [octets.readUInt16BE(0), readReply(octets)]))
    assert.equal(replies.size, 100)
    for (const [id, name] of names.entries()) {
      const { rcode, answer } = replies.get(id) ?? assert.fail(`no reply to ${id}`)
      assert.deepEqual([rcode, untimed(answer)[0]?.split(' ')[0]], [0, `${name}.`])
    }
    // Who is slow holds up nobody: those that are known came before.
    const order = [...replies.keys()].map((id) => id % 3)
    assert.ok(order.indexOf(2) > order.lastIndexOf(0), order.join(''))
  })

  behaviour('TCP-07', 'who ends its side after the question still gets the reply, and then the end', async () => {
    rig.upstream.on('tcp07.example', after(200, usual))
    for (const name of ['tcp07.example', BARE]) {
      await using client = await TcpClient.open(rig.server())
      client.send(asking(name), asking(name, 1))
      client.halfClose()
      assert.deepEqual(
        (await client.take(2)).map((octets) => readReply(octets).rcode),
        [0, 0],
      )
      await client.ended
      assert.equal(client.socket.errored, null)
    }
  })

  behaviour('TCP-09', 'clients that reset their connections in the middle of it do no harm', async () => {
    await using victim = await Rig.start()
    victim.upstream.on('tcp09.example', after(20, usual))
    assert.equal((await victim.ask(asking(BARE), 'tcp')).head, OWN)
    const before = await openFiles(victim)
    const queries = [asking(BARE), asking('tcp09.example'), asking('www.tcp09.example')].map(frame)
    const { host, port } = victim.server()
    let left = 10_000
    const client = async () => {
      while (left-- > 0) {
        const socket = connect({ host, port, noDelay: true }).on('error', () => {})
        await once(socket, 'connect').catch(() => {})
        socket.write(Buffer.concat(queries.slice(left % 3)))
        // In the middle of the question, of the reply, or before either.
        if (left % 2 === 0)
          await Promise.race([once(socket, 'data').catch(() => {}), new Promise((resolve) => setTimeout(resolve, 50))])
        socket.resetAndDestroy()
      }
    }
    await Promise.all(Array.from({ length: 32 }, client))
    await eventually(
      async () => assert.ok((await openFiles(victim)) <= before + 2, `${await openFiles(victim)} of ${before}`),
      20_000,
    )
    for (const via of ['udp', 'tcp'] as const) assert.equal((await victim.ask(asking(BARE), via)).head, OWN)
    assert.equal(await victim.metric('feddns_faults_total'), 0)
    assert.equal(victim.resolver.stderr, '')
  })

  behaviour(
    'TCP-10',
    'one client cannot have more connections than its share, and others are answered meanwhile',
    async () => {
      await using crowded = await Rig.start()
      const clients: TcpClient[] = []
      await using stack = new AsyncDisposableStack()
      for (let i = 0; i < 2000; i++) {
        const client = await TcpClient.open(crowded.server(), '127.0.0.9').catch(() => undefined)
        if (client === undefined) continue
        clients.push(stack.use(client))
        // The newest always works, whatever becomes of those before it.
        if (i % 200 === 199) assert.equal(readReply(await client.ask(asking(BARE))).head, OWN)
      }
      for (const via of ['udp', 'tcp'] as const)
        assert.equal((await crowded.ask(asking(BARE), via, '127.0.0.1')).head, OWN)
      const alive = () =>
        clients.filter(({ socket }) => !socket.readableEnded && !socket.destroyed && !socket.errored).length
      await eventually(() => assert.ok(alive() <= 50, `${alive()}`))
      assert.ok((await openFiles(crowded)) < 200)
    },
  )

  behaviour('TCP-12', 'a question that cannot be read between good ones does not end the connection', async () => {
    const bad = [
      Buffer.concat([uint16s(2, 0x100, 1, 0, 0, 0), Buffer.of(0xc0, 0x0c), uint16s(1, 1)]),
      uint16s(2, 0x100, 2, 0, 0, 0),
      asking(BARE, 2).subarray(0, 20),
      queryPacket(BARE, { id: 2, edns: { version: 9 } }),
      queryPacket(BARE, { id: 2, flags: 0x2900 }),
    ]
    await using client = await TcpClient.open(rig.server())
    for (const one of bad) {
      client.send(asking(BARE, 1), one, asking('tcp12.example', 3))
      const replies = new Map((await client.take(3)).map((octets) => [octets.readUInt16BE(0), readReply(octets).rcode]))
      assert.deepEqual([replies.get(1), replies.get(3)], [0, 0])
      assert.ok([1, 4, 16].includes(replies.get(2) ?? 0), String(replies.get(2)))
    }
    assert.equal(readReply(await client.ask(asking(BARE))).head, OWN)
  })

  behaviour('TCP-13', 'TCP answers at each address at which UDP does', async () => {
    assert.equal(rig.resolver.addresses.length, 3)
    for (const index of [0, 1, 2]) {
      for (const [name, head, address] of [
        [BARE, OWN, '10.96.0.1'],
        ['tcp13.example', FOREIGN, USUAL_ADDRESS],
      ] as const) {
        for (const Client of [UdpClient, TcpClient]) {
          await using client = await Client.open(rig.server(index))
          const got = readReply(await client.ask(asking(name)))
          assert.deepEqual([got.head, got.answer.at(-1)?.split(' ').at(-1)], [head, address])
        }
      }
    }
  })
})
