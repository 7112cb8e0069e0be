import { createSocket } from 'node:dgram'
import packet, { type DecodedPacket, type RecordType } from 'dns-packet'

const REPLY_MS = 3000
const RCODES = ['no records', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** Asks a server on a loopback port over UDP. */
export function ask(name: string, type: RecordType, port: number): Promise<DecodedPacket> {
  const { promise, resolve, reject } = Promise.withResolvers<DecodedPacket>()
  const socket = createSocket('udp4')
  const timer = setTimeout(
    () => reject(new Error(`no reply from 127.0.0.1 port ${port}; is the demo running?`)),
    REPLY_MS,
  )
  const id = Math.floor(Math.random() * 65_536)
  socket.on('error', reject)
  socket.on('message', (reply) => {
    const message = packet.decode(reply)
    if (message.id === id) resolve(message)
  })
  const questions = [{ name, type }]
  socket.connect(port, '127.0.0.1', () => {
    socket.send(packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions }))
  })
  return promise.finally(() => {
    clearTimeout(timer)
    socket.close()
  })
}

/** The answer, a record a line. */
export function describe(message: DecodedPacket): string[] {
  const records = message.answers ?? []
  const rcode = (message.flags ?? 0) & 0xf
  const width = Math.max(...records.map(({ name }) => name.length), 0) + 3
  return [
    ...records.map((record) => {
      const data = 'data' in record ? record.data : ''
      const text = typeof data === 'string' ? data : JSON.stringify(data)
      return `${`${record.name}.`.padEnd(width)}${record.type.padEnd(7)}${text}${record.type === 'CNAME' ? '.' : ''}`
    }),
    ...(rcode === 0 && records.length > 0 ? [] : [RCODES[rcode] ?? `rcode ${rcode}`]),
  ]
}
