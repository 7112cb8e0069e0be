import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { messageOf } from '../base/error-text.ts'
import { problemOfAuthorities } from './authorities.ts'

/** Who we are to clients of DNS over TLS, as PEM: our certificate with those of its issuers behind it, and its key. */
export interface TlsConfig {
  readonly certificate: string
  readonly key: string
  readonly expiresAtMs: number
}

interface Outcome {
  readonly tls: TlsConfig | undefined
  /** By the key of the configuration that is wrong. */
  readonly problems: readonly (readonly [key: 'certificate' | 'key', problem: string])[]
  readonly warnings: readonly string[]
}

/** Puts a certificate and a key together. Undefined is what could not be read, which has been told. */
export function readCredentials(certificate: string | undefined, key: string | undefined, nowMs: number): Outcome {
  const brokenCertificate = certificate === undefined ? undefined : problemOfAuthorities(certificate)
  const own =
    certificate === undefined || brokenCertificate !== undefined ? undefined : new X509Certificate(certificate)
  const privateKey = key === undefined ? undefined : readKey(key)
  const problems: [key: 'certificate' | 'key', problem: string][] = []
  if (brokenCertificate !== undefined) problems.push(['certificate', brokenCertificate])
  if (typeof privateKey === 'string') problems.push(['key', privateKey])
  if (certificate === undefined || key === undefined || own === undefined || typeof privateKey !== 'object')
    return { tls: undefined, problems, warnings: [] }
  const fault = faultOfBoth(own, privateKey, { certificate, key })
  if (fault !== undefined) return { tls: undefined, problems: [['key', fault]], warnings: [] }
  const tls = { certificate, key, expiresAtMs: own.validToDate.getTime() }
  return { tls, problems: [], warnings: warningsOf(own, nowMs) }
}

// What is wrong with it, in words.
function readKey(pem: string): KeyObject | string {
  if (!pem.includes('PRIVATE KEY-----')) return 'has no PEM private key'
  if (/ENCRYPTED/.test(pem)) return 'is encrypted; a key without a passphrase is needed'
  try {
    return createPrivateKey(pem)
  } catch (error) {
    return `is broken (${messageOf(error)})`
  }
}

function faultOfBoth(
  own: X509Certificate,
  privateKey: KeyObject,
  { certificate, key }: Pick<TlsConfig, 'certificate' | 'key'>,
): string | undefined {
  if (!own.checkPrivateKey(privateKey)) return 'does not belong to the (first) certificate of tls.certificate'
  try {
    createSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' })
    return undefined
  } catch (error) {
    return `cannot be used with the certificate (${messageOf(error)})`
  }
}

function warningsOf({ validFromDate, validToDate }: X509Certificate, nowMs: number): string[] {
  if (validToDate.getTime() <= nowMs) return [`tls.certificate: has expired at ${validToDate.toISOString()}`]
  if (validFromDate.getTime() > nowMs) return [`tls.certificate: is not valid before ${validFromDate.toISOString()}`]
  return []
}
