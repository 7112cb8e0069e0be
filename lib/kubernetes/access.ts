import type { ConnectionOptions } from 'node:tls'

/** What it takes to ask the API server, as of now. */
export interface Access {
  /** Such as `https://10.96.0.1:443`; a path may follow. */
  readonly server: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>
  /** An HTTP proxy on the way. */
  readonly proxyUrl?: string
}

/** What tells a cluster from another one. */
export interface ClusterAddress {
  readonly server: string
  /** The certificate authority. */
  readonly ca: string | Buffer | undefined
}

/** Where access comes from: it is asked for before every request, as tokens and certificates are replaced meanwhile. */
export interface Credentials {
  /** Rejects with an error that names the file or program and what is wrong with it. */
  access(): Promise<Access>
  /** The same, also while there are no credentials. */
  cluster(): Promise<ClusterAddress>
  /** The API server has refused what was given last: nothing of it may be remembered. */
  forget(): void
}
