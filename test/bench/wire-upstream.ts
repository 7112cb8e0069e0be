// An upstream that costs little: every name exists and has one address, over UDP and over TCP, where queries may come
// one behind the other. Arguments: port and address, else any port of 127.0.0.1. Prints its port. To a TXT question it
// tells how many others it was asked.
import { createSocket } from 'node:dgram'
import { createServer, isIPv6, type Socket } from 'node:net'
import { questionEndOf, wireReply } from './wire-reply.ts'

const TYPE_TXT = 16
const HOST = '127.0.0.1'
let asked = 0

function answer(query: Buffer): Buffer {
  const end = questionEndOf(query)
  if (query.readUInt16BE(end - 4) === TYPE_TXT) return countReply(query, end)
  asked++
  return wireReply(query)
}

function countReply(query: Buffer, end: number): Buffer {
  const text = Buffer.from(String(asked))
  const header = [0xc0, 12, 0, TYPE_TXT, 0, 1, 0, 0, 0, 0, 0, text.length + 1, text.length]
  const reply = Buffer.concat([query.subarray(0, end), Buffer.from(header), text])
  reply.writeUInt16BE(0x8180, 2)
  reply.writeUInt16BE(1, 6)
  reply.writeUInt16BE(0, 10)
  return reply
}

// All replies to what came in one piece go out in one piece.
function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const replies: Buffer[] = []
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0)
      const reply = answer(rest.subarray(2, end))
      const length = Buffer.allocUnsafe(2)
      length.writeUInt16BE(reply.length)
      replies.push(length, reply)
      rest = rest.subarray(end)
    }
    socket.write(Buffer.concat(replies))
  })
}

const tcp = createServer(serve).listen(Number(process.argv[2] ?? 0), process.argv[3] ?? HOST, () => {
  const address = tcp.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const family = isIPv6(address.address) ? 6 : 4
  const udp = createSocket({ type: `udp${family}`, lookup: (host, _options, done) => done(null, host, family) })
  udp.on('message', (query, from) => udp.send(answer(query), from.port, from.address))
  udp.bind(address.port, address.address, () => process.stdout.write(`${address.port}\n`))
})
