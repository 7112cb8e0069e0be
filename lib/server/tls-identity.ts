import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'

/** Who we are to clients of DNS over TLS, as PEM: certificates, our own first, and its key. */
export interface Credentials {
  readonly certificate: string
  readonly key: string
}

/** What handshakes use that begin from now on. Connections that there are keep what they have. */
export class TlsIdentity {
  #credentials: Credentials | undefined
  #context: SecureContext | undefined

  get credentials(): Credentials | undefined {
    return this.#credentials
  }

  get context(): SecureContext | undefined {
    return this.#context
  }

  /** Throws, and changes nothing, if they cannot be used. With the same ones, sessions can still be resumed. */
  exchange(credentials: Credentials | undefined): void {
    const { certificate, key } = credentials ?? {}
    if (certificate === this.#credentials?.certificate && key === this.#credentials?.key) return
    this.#context = credentials && createSecureContext({ ...SETTINGS, cert: certificate, key })
    this.#credentials = credentials
  }
}

const SETTINGS = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const
