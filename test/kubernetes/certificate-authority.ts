import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface CertificateAndKey {
  readonly cert: string
  readonly key: string
}

/** Signs certificates for tests (RFC 5280, as little of it as TLS asks for), so that no other program is needed. */
export class CertificateAuthority {
  readonly pem: string
  readonly #name: string
  readonly #key: KeyObject

  constructor(name = 'test authority') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#name = name
    this.#key = privateKey
    this.pem = this.#sign(name, publicKey, extension('551d13', sequence(Buffer.of(0x01, 0x01, 0xff))))
  }

  /** For a server at these host names and addresses, or for a client, whose user is the name. */
  issue(name: string, hosts: readonly string[] = []): CertificateAndKey {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const names = hosts.map((host) => (isIP(host) ? der(0x87, addressOctets(host)) : der(0x82, Buffer.from(host))))
    const alternatives = hosts.length === 0 ? Buffer.alloc(0) : extension('551d11', sequence(...names))
    return { cert: this.#sign(name, publicKey, alternatives), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
  }

  #sign(name: string, publicKey: KeyObject, extensions: Buffer): string {
    const toBeSigned = sequence(
      der(0xa0, der(0x02, Buffer.of(2))),
      der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
      ECDSA_WITH_SHA256,
      commonName(this.#name),
      sequence(utcTime('200101000000Z'), utcTime('491231235959Z')),
      commonName(name),
      publicKey.export({ type: 'spki', format: 'der' }),
      ...(extensions.length === 0 ? [] : [der(0xa3, sequence(extensions))]),
    )
    const signature = sign('sha256', toBeSigned, this.#key)
    const whole = sequence(toBeSigned, ECDSA_WITH_SHA256, der(0x03, Buffer.concat([Buffer.of(0), signature])))
    const lines = whole.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
    return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
  }
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(parts))

const identifier = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))

const ECDSA_WITH_SHA256 = sequence(identifier('2a8648ce3d040302'))

const commonName = (name: string): Buffer =>
  sequence(der(0x31, sequence(identifier('550403'), der(0x0c, Buffer.from(name)))))

const utcTime = (text: string): Buffer => der(0x17, Buffer.from(text))

const extension = (id: string, content: Buffer): Buffer => sequence(identifier(id), der(0x04, content))

function addressOctets(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const [first, last] = [groups(head), groups(tail)]
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}
