const FIELD = { localAddress: 1, drops: 12 }
const WORD_DIGITS = 8

/**
 * How many datagrams were dropped for each of these addresses, `host:port` with IPv6 in brackets, by the text of
 * `/proc/net/udp` or `/proc/net/udp6`. Those that are not there are left out.
 */
export function socketDrops(text: string, addresses: readonly string[]): Map<string, number> {
  const wanted = new Map(addresses.map((address) => [withoutScope(address), address]))
  const drops = new Map<string, number>()
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    const address = wanted.get(addressOf(fields[FIELD.localAddress] ?? ''))
    if (address !== undefined) drops.set(address, Number(fields[FIELD.drops]))
  }
  return drops
}

const withoutScope = (address: string): string => address.replace(/%[^\]]*/, '')

// Words of 32 bits, each as the processor has it (little-endian), and a port as people write it; all in hexadecimal.
function addressOf(text: string): string {
  const [words = '', port = ''] = text.split(':')
  if (words.length % WORD_DIGITS !== 0 || words === '') return ''
  const octets = Buffer.from(words, 'hex').swap32()
  const number = Number.parseInt(port, 16)
  return octets.length === 4 ? `${octets.join('.')}:${number}` : `${ipv6Text(octets)}:${number}`
}

function ipv6Text(octets: Buffer): string {
  const groups = Array.from({ length: octets.length / 2 }, (_, i) => octets.readUInt16BE(2 * i).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname
}
