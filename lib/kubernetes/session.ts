import { createHash } from 'node:crypto'
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici'
import { messageOf } from '../base/error-text.ts'
import { ApiError } from './api-error.ts'
import type { Access, Credentials } from './access.ts'

interface Options {
  readonly credentials: Credentials
  readonly userAgent: string
}

const CONNECT_TIMEOUT_MS = 10_000
const HEADERS_TIMEOUT_MS = 30_000
const KEEP_ALIVE_MS = 15_000 // idle TCP connections are probed, as half of them may be gone
const MAX_ERROR_OCTETS = 64 * 1024
const UNAUTHORIZED = 401

/** Asks the API server, always with the credentials of now. */
export class Session {
  readonly #options: Options
  #dispatcher: Dispatcher | undefined
  #dispatcherKey = ''

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * Sends a GET and resolves with the body when an answer with status 200 begins. Rejects with an ApiError if the
   * server says otherwise; credentials that it does not take are fetched anew, once.
   */
  async get(path: string, query: URLSearchParams, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    try {
      return await this.#get(path, query, signal)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== UNAUTHORIZED) throw error
      this.#options.credentials.forget()
      return this.#get(path, query, signal)
    }
  }

  /** What tells this cluster from another one, also while nobody can be asked: its address and certificate authority. */
  async identity(): Promise<string> {
    const { server, ca } = await this.#options.credentials.cluster()
    return digest([server, ca])
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy()
  }

  async #get(path: string, query: URLSearchParams, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const access = await this.#options.credentials.access()
    const { statusCode, headers, body } = await request(`${access.server}${path}?${query.toString()}`, {
      dispatcher: this.#dispatcherFor(access),
      headers: { accept: 'application/json', 'user-agent': this.#options.userAgent, ...access.headers },
      signal,
    })
    if (statusCode === 200) return body
    throw new ApiError(statusCode, await statusOf(body), headers['retry-after']?.toString())
  }

  // Connections are kept as long as what they were made with. Watches on the ones before go on until they end.
  #dispatcherFor({ server, tls, proxyUrl }: Access): Dispatcher {
    const key = digest([server, proxyUrl, tls.ca, tls.cert, tls.key, tls.servername, tls.rejectUnauthorized])
    if (this.#dispatcher !== undefined && key === this.#dispatcherKey) return this.#dispatcher
    this.#dispatcher?.close().catch(() => {})
    const connect = { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, ...tls }
    const timeouts = { headersTimeout: HEADERS_TIMEOUT_MS, bodyTimeout: 0 }
    this.#dispatcher =
      proxyUrl === undefined
        ? new Agent({ connect, allowH2: false, ...timeouts })
        : new ProxyAgent({ uri: proxyUrl, requestTls: tls, allowH2: false, ...timeouts })
    this.#dispatcherKey = key
    return this.#dispatcher
  }
}

async function statusOf(body: AsyncIterable<Buffer>): Promise<unknown> {
  const parts: Buffer[] = []
  let octets = 0
  for await (const part of body) {
    octets += part.length
    if (octets > MAX_ERROR_OCTETS) break
    parts.push(part)
  }
  const text = Buffer.concat(parts).toString()
  try {
    return JSON.parse(text)
  } catch (error) {
    return { message: text.trim() || messageOf(error) }
  }
}

const digest = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex')
