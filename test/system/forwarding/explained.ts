import packet from 'dns-packet'
import { TYPE } from '../../../lib/dns/constants.ts'
import { EDE_OPTION } from '../../../lib/dns/extended-error.ts'
import { answerOf } from '../../helpers/asked.ts'
import { askTcp, askUdp } from '../../helpers/dns-client.ts'
import { queryPacket } from '../../helpers/packets.ts'

interface Explained {
  readonly rcode: string
  /** Lines without TTL. */
  readonly answer: readonly string[]
  /** Extended errors: `22 no reply from …`. */
  readonly errors: readonly string[]
  readonly octets: Buffer
}

const HOST = '127.0.0.1'

/** Asks a resolver `name TYPE` with EDNS, so that it says what is wrong. */
export async function explained(
  { port }: { readonly port: number },
  question: string,
  transport: 'udp' | 'tcp' = 'udp',
): Promise<Explained> {
  const [name = '', type = 'A'] = question.split(' ')
  const query = queryPacket(name, { type: TYPE[type as keyof typeof TYPE], edns: {} })
  const octets = await (transport === 'udp' ? askUdp : askTcp)({ host: HOST, port }, query)
  const [rcode = '', ...answer] = answerOf(octets)
  return { rcode, answer, errors: errorsIn(octets), octets }
}

/** The addresses in an answer, or the rcode where there is none. */
export async function addressOf(resolver: { readonly port: number }, name: string): Promise<string> {
  const { rcode, answer } = await explained(resolver, `${name} A`)
  return answer.length === 0 ? rcode : answer.map((line) => line.split(' ').at(-1)).join(' ')
}

function errorsIn(octets: Buffer): string[] {
  const options = (packet.decode(octets).additionals ?? []).flatMap((one) => (one.type === 'OPT' ? one.options : []))
  return options.flatMap((option) => {
    const data = 'data' in option ? option.data : undefined
    if ((option.code as number) !== EDE_OPTION || data === undefined) return []
    return [`${data.readUInt16BE(0)} ${data.subarray(2).toString('utf8')}`]
  })
}
