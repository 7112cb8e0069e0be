import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { cacheVerbs } from '../../lib/control/cache-verbs.ts'
import { type ControlListener, listenControl } from '../../lib/control/listen-control.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { FakeCache } from './fake-cache.ts'

type Options = Partial<Parameters<typeof listenControl>[0]>

export interface Reply {
  readonly status: number | undefined
  readonly text: string
}

/** A control socket in a folder of its own, with the verbs of a cache unless others are given. */
export async function serve(cache = new FakeCache(), options: Options = {}): Promise<Served> {
  const folder = await temporaryFolder()
  const faults: unknown[] = []
  const given = {
    path: folder.file('c.sock'),
    verbs: cacheVerbs(cache),
    onFault: (error: unknown) => faults.push(error),
  }
  return new Served(folder, await listenControl({ ...given, ...options }), faults)
}

export class Served implements AsyncDisposable {
  readonly folder: TemporaryFolder
  readonly listener: ControlListener
  readonly faults: unknown[]
  readonly #sockets: Socket[] = []

  constructor(folder: TemporaryFolder, listener: ControlListener, faults: unknown[]) {
    this.folder = folder
    this.listener = listener
    this.faults = faults
  }

  get path(): string {
    return this.listener.path
  }

  ask(url: string, method = 'GET', body = ''): Promise<Reply> {
    return ask(this.path, url, method, body)
  }

  /** A connection that nothing is read from yet. */
  connect(): Socket {
    const socket = connect(this.path).on('error', () => {})
    this.#sockets.push(socket)
    return socket
  }

  /** Sends octets, and gives all that comes back until the connection ends. */
  async raw(octets: string | Uint8Array): Promise<string> {
    const socket = this.connect()
    let text = ''
    socket.setEncoding('latin1').on('data', (part: string) => (text += part))
    socket.end(octets)
    await new Promise((resolve) => socket.once('close', resolve))
    return text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.listener.close()
    await this.folder[Symbol.asyncDispose]()
    assert.deepEqual(this.faults, [])
  }
}

/** One request over a unix socket, and the whole reply. */
export function ask(socketPath: string, url: string, method = 'GET', body = ''): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: url, method, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
