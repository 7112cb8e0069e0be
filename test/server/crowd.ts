import type { ConnectionLimits } from '../../lib/server/connection-limits.ts'
import { TcpClient } from '../helpers/dns-client.ts'
import { queryPacket } from '../helpers/packets.ts'
import { Listening } from './listening.ts'
import { ScriptedResponder } from './scripted-responder.ts'

/** Clients of one listener, one after the other a moment later, each of which has been answered. */
export class Crowd implements AsyncDisposable {
  readonly world: ScriptedResponder
  readonly server: Awaited<ReturnType<typeof Listening.tcp>>
  readonly #clients: TcpClient[] = []

  private constructor(world: ScriptedResponder, server: Awaited<ReturnType<typeof Listening.tcp>>) {
    this.world = world
    this.server = server
  }

  static async at(limits: Partial<ConnectionLimits>, world = new ScriptedResponder()): Promise<Crowd> {
    return new Crowd(world, await Listening.tcp(world, limits))
  }

  get table() {
    return this.server.streams.table
  }

  /** Without having asked anything. */
  async open(from?: string): Promise<TcpClient> {
    const client = await TcpClient.open(this.server.address, from)
    this.#clients.push(client)
    return client
  }

  async ask(from?: string): Promise<TcpClient> {
    const client = await this.open(from)
    await client.ask(queryPacket('web', { id: 1 }))
    this.world.clock.advance(1)
    return client
  }

  async asks(count: number, from?: string): Promise<TcpClient[]> {
    const clients: TcpClient[] = []
    while (clients.length < count) clients.push(await this.ask(from))
    return clients
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client[Symbol.asyncDispose]()
    await this.server[Symbol.asyncDispose]()
  }
}
