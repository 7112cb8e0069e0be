import type { Access, ClusterAddress, Credentials } from '../../lib/kubernetes/access.ts'
import { Session } from '../../lib/kubernetes/session.ts'

/** A session that ends with its test. */
export class Asking implements AsyncDisposable {
  readonly session: Session

  constructor(credentials: Credentials) {
    this.session = new Session({ credentials, userAgent: 'feddns/test' })
  }

  open(path = '/api', signal = new AbortController().signal): Promise<AsyncIterable<Buffer>> {
    return this.session.get(path, new URLSearchParams({ watch: '1' }), signal)
  }

  /** The whole answer. */
  async ask(path?: string): Promise<string> {
    const parts: Buffer[] = []
    for await (const part of await this.open(path)) parts.push(part)
    return Buffer.concat(parts).toString()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close()
  }
}

/** Credentials that a test changes, and that count how often they were to be forgotten. */
export class GivenCredentials implements Credentials {
  forgotten = 0
  given: Access

  constructor(server: string, tls: Access['tls'] = {}, token = 'one') {
    this.given = { server, tls, headers: { authorization: `Bearer ${token}` } }
  }

  access(): Promise<Access> {
    return Promise.resolve(this.given)
  }

  async cluster(): Promise<ClusterAddress> {
    return { server: this.given.server, ca: this.given.tls.ca?.toString() }
  }

  forget(): void {
    this.forgotten++
  }
}
