import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, connect, createSecureContext, type PeerCertificate, type TLSSocket } from 'node:tls'
import { messageOf } from '../../base/error-text.ts'
import { hostAndPort } from '../../base/host-and-port.ts'
import type { ServerAddress } from '../upstream.ts'
import type { Connector } from './connector.ts'
import { tlsProblem, wrongName } from './tls-problem.ts'

interface Options {
  readonly server: ServerAddress
  /** What the certificate must be valid for; the address if left out. */
  readonly name?: string | undefined
  /** Certificates to trust instead of the built-in roots, PEM. */
  readonly ca?: string | undefined
  /** What is spoken (ALPN): DNS over TLS (RFC 7858) or HTTP/2. */
  readonly protocol: 'dot' | 'h2'
}

/** Its sockets tell what was agreed on. */
export interface TlsConnector extends Connector {
  connect(onReady: () => void): TLSSocket
}

/**
 * TLS whose certificate is checked (RFC 8310, strict): where it is not right there is no connection, and nothing is
 * written. Throws if `ca` is no certificate.
 */
export function tlsConnector({ server, name, ca, protocol }: Options): TlsConnector {
  const { host, port } = server
  const scheme = protocol === 'dot' ? 'tls' : 'https'
  const label = `${scheme}://${hostAndPort(server)}${name === undefined ? '' : `#${name}`}`
  const secureContext = createSecureContext({
    ...(ca === undefined ? {} : { ca: certificatesIn(ca) }),
    minVersion: 'TLSv1.2',
  })
  const wanted = name ?? host
  const checkIdentity = (_host: string, certificate: PeerCertificate): Error | undefined =>
    checkServerIdentity(wanted, certificate) === undefined ? undefined : wrongName(wanted, certificate)
  let session: Buffer | undefined
  return {
    label,
    isEncrypted: true,
    connect: (onReady) => {
      const socket = connect({
        host,
        port,
        secureContext,
        // An address is no server name (RFC 6066 §3).
        servername: name ?? '',
        ALPNProtocols: [protocol],
        rejectUnauthorized: true,
        checkServerIdentity: checkIdentity,
        ...(session === undefined ? {} : { session }),
      })
      if (protocol === 'dot') writeApart(socket)
      socket.setNoDelay(true)
      socket.setKeepAlive(true)
      socket.on('error', () => {
        session = undefined
      })
      socket.once('secureConnect', () => {
        // Whoever resumes a session is not checked again: only one whose certificate was right is kept.
        session = socket.getSession()
        socket.on('session', (fresh) => {
          session = fresh
        })
        onReady()
      })
      return socket
    },
    explain: (error) => tlsProblem(label, error),
  }
}

// Messages that are written together go into a TLS record each. dnsdist that answers one after the other (its default) does
// not look at the rest of a record that it has begun until another one comes.
function writeApart(socket: TLSSocket): void {
  Object.assign(socket, { _writev: undefined })
}

// Node passes over what it cannot read there, and would trust nobody without saying why.
function certificatesIn(pem: string): string[] {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g)
  if (certificates === null) throw new Error('there is no PEM certificate in what is to be trusted')
  for (const [i, certificate] of certificates.entries()) {
    try {
      void new X509Certificate(certificate)
    } catch (error) {
      throw new Error(`certificate ${i + 1} of what is to be trusted is broken: ${messageOf(error)}`, { cause: error })
    }
  }
  return certificates
}
