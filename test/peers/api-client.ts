import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'

const TIMEOUT_MS = 30_000

/** Who asks: the bearer of a token, the owner of a client certificate, as PEM, or someone who does not say. */
export type Credentials = { readonly token: string } | { readonly cert: string; readonly key: string } | 'anyone'

interface Call {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly contentType?: string | undefined
  readonly as: Credentials
}

/** The answer of an API server that is not the one that was hoped for. */
export class ApiError extends Error {
  readonly status: number
  /** As parsed, if it is JSON: a `Status` of Kubernetes. */
  readonly body: unknown

  constructor({ method, path }: Call, status: number, body: unknown) {
    const { message } = (typeof body === 'object' && body !== null ? body : { message: body }) as { message?: unknown }
    super(`${method} ${path}: ${status} ${String(message)}`)
    this.status = status
    this.body = body
  }
}

/** Asks one API server for JSON. Connections are kept until they are closed here. */
export class ApiClient {
  readonly #url: string
  readonly #ca: string
  readonly #timeoutMs: number
  #agent = new Agent({ keepAlive: true })

  constructor(url: string, ca: string, timeoutMs = TIMEOUT_MS) {
    this.#url = url
    this.#ca = ca
    this.#timeoutMs = timeoutMs
  }

  /** The body, parsed if it is JSON. Rejects with an ApiError on a status of 400 or more. */
  async call(call: Call): Promise<unknown> {
    const response = await this.#send(call)
    const content = await text(response)
    const isJson = response.headers['content-type']?.startsWith('application/json') === true
    const body: unknown = isJson ? JSON.parse(content) : content
    const status = response.statusCode ?? 0
    if (status >= 400) throw new ApiError(call, status, body)
    return body
  }

  /** Closes the connections, such as to a server that is gone. The next call makes new ones. */
  closeConnections(): void {
    this.#agent.destroy()
    this.#agent = new Agent({ keepAlive: true })
  }

  async #send({ method, path, body, contentType = 'application/json', as }: Call): Promise<IncomingMessage> {
    const { token, ...certificate } = as === 'anyone' ? {} : { token: undefined, ...as }
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': contentType }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const signal = AbortSignal.timeout(this.#timeoutMs)
    const options = { method, headers, ca: this.#ca, agent: this.#agent, signal, ...certificate }
    const sent = request(`${this.#url}${path}`, options)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return response
  }
}
