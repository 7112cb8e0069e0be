import { SocketAddresses } from '../../lib/native/socket-address.ts'
import { Memory } from '../../lib/native/memory.ts'
import { library } from '../native/library-under-test.ts'

const AF_INET = 2
const SOCK_RAW = 3
const IPPROTO_UDP = 17
const HEADER_OCTETS = 8

/** Sends a datagram to a port of 127.0.0.1 that says it came from any port, 0 included, which no socket can do by itself. */
export function sendFromPort(fromPort: number, octets: Buffer, toPort: number): void {
  const { functions } = library
  const fd = functions.socket(AF_INET, SOCK_RAW, IPPROTO_UDP)
  if (fd < 0) throw new Error('a raw socket needs root, or CAP_NET_RAW')
  try {
    const to = new SocketAddresses(library).parse('127.0.0.1', 0)
    if (functions.connect(fd, to.memory.pointer, to.length) < 0) throw new Error('cannot connect a raw socket')
    const datagram = new Memory(library, HEADER_OCTETS + octets.length)
    datagram.bytes.fill(0)
    datagram.bytes.writeUInt16BE(fromPort, 0)
    datagram.bytes.writeUInt16BE(toPort, 2)
    datagram.bytes.writeUInt16BE(datagram.length, 4)
    // Without a checksum: 0 says so (RFC 768).
    octets.copy(datagram.bytes, HEADER_OCTETS)
    const sent = Number(functions.send(fd, datagram.pointer, BigInt(datagram.length), 0))
    if (sent !== datagram.length) throw new Error(`${sent} octets were sent`)
  } finally {
    functions.close(fd)
  }
}
