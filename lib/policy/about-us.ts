import { type AuthoredAnswer, authored } from '../dns/answer.ts'
import { CLASS_CHAOS, RCODE, TYPE } from '../dns/constants.ts'
import { type Name, parseName } from '../dns/name.ts'

/** What an operator lets everybody know who may ask. */
interface AboutUs {
  readonly version?: string
  readonly id?: string
}

const VERSION_NAMES = ['version.bind', 'version.server'].map(parseName)
const ID_NAMES = ['hostname.bind', 'id.server'].map(parseName)

type Telling = (name: Name, type: number) => AuthoredAnswer | undefined

/** Names of class CH that tell of a server (RFC 4892): only what was said is told, and only as TXT. Undefined: nothing. */
export function aboutUs({ version, id }: AboutUs): Telling | undefined {
  if (version === undefined && id === undefined) return undefined
  const texts = new Map<Name, string | undefined>([
    ...VERSION_NAMES.map((name): [Name, string | undefined] => [name, version]),
    ...ID_NAMES.map((name): [Name, string | undefined] => [name, id]),
  ])
  return (name, type) => {
    const text = texts.get(name)
    if (text === undefined || (type !== TYPE.TXT && type !== TYPE.ANY)) return undefined
    const octets = Buffer.from(text, 'utf8')
    const rdata = [{ octets: Buffer.concat([Buffer.of(octets.length), octets]) }]
    const record = { owner: name, type: TYPE.TXT, class: CLASS_CHAOS, ttlSeconds: 0, rdata }
    return authored({ rcode: RCODE.NOERROR, authoritative: true, answer: [record], cacheable: false })
  }
}
