import type { PeerCertificate } from 'node:tls'
import { codeOf } from '../../base/error-text.ts'

const OTHER_ISSUER = 'has a certificate of an issuer that is not trusted: for one of your own, set forward.ca'
const SELF_SIGNED = 'has a certificate that nobody but itself has signed: to trust it, set forward.ca'

// By the codes of OpenSSL, what is wrong.
const PROBLEMS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has a certificate that has expired: it has to be renewed there, unless our own clock is wrong',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet: the clock there or here is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: SELF_SIGNED,
  SELF_SIGNED_CERT_IN_CHAIN: OTHER_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT: OTHER_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: OTHER_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: OTHER_ISSUER,
  CERT_SIGNATURE_FAILURE: OTHER_ISSUER,
  CERT_UNTRUSTED: OTHER_ISSUER,
  CERT_REVOKED: 'has a certificate that was revoked',
  INVALID_PURPOSE: 'has a certificate that is not meant for servers',
  INVALID_CA: 'has a certificate whose issuer may not issue any',
  EPROTO: 'does not speak TLS as we do',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'does not speak TLS',
  ERR_SSL_HTTP_REQUEST: 'does not speak TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'speaks only a version of TLS older than 1.2',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'speaks only a version of TLS older than 1.2',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'speaks TLS, but not the protocol that was asked for',
}

/** The server's certificate is right but for the name. */
export function wrongName(wanted: string, { subject, subjectaltname }: PeerCertificate): Error {
  const names = subjectaltname?.replaceAll('IP Address:', '').replaceAll('DNS:', '')
  const has = names ?? (subject?.CN === undefined ? 'no name' : `only the common name ${String(subject.CN)}`)
  return new WrongName(`has a certificate that is not valid for ${wanted}; it is for ${has}`)
}

class WrongName extends Error {}

/** An error of a TLS connection in words; one of the network stays as it is. */
export function tlsProblem(label: string, error: Error): Error {
  const words = error instanceof WrongName ? error.message : PROBLEMS[codeOf(error)]
  return words === undefined ? error : new Error(`${label} ${words}`, { cause: error })
}
