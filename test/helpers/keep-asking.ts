import { setTimeout as sleep } from 'node:timers/promises'
import packet from 'dns-packet'
import { RCODE } from '../../lib/dns/constants.ts'
import { questionPacket } from './asked.ts'
import { askTcp, type Server, TcpClient, UdpClient } from './dns-client.ts'
import { eventually } from './eventually.ts'
import { headerOf } from './packets.ts'
import { lineOf } from './zone-line.ts'

const PAUSE_MS = 2
const RCODES = new Map<number, string>(Object.entries(RCODE).map(([name, number]) => [number, name]))

type Ask = (query: Buffer) => Promise<Buffer>

/** Clients that ask a server the same again and again, each one query at a time, until they are stopped. */
export interface Asking extends AsyncDisposable {
  /** Waits until every client has so many more replies, or one has failed. */
  more(count: number): Promise<void>
  /**
   * The replies of each client, in order, as rcode and answer section. Rejects if a client had no reply to a query, a
   * reply to something else, or a connection that broke.
   */
  stop(): Promise<readonly (readonly string[])[]>
}

/** Three clients over UDP, two over TCP connections that stay, and one that makes a new connection for each query. */
export async function keepAsking(server: Server, question: string): Promise<Asking> {
  const udp = await Promise.all([1, 2, 3].map(() => UdpClient.open(server)))
  const tcp = await Promise.all([1, 2].map(() => TcpClient.open(server)))
  const asks: Ask[] = [...udp, ...tcp].map((client) => (query) => client.ask(query))
  asks.push((query) => askTcp(server, query))
  let stopped = false
  const clients = asks.map((ask) => new Client(ask, question, () => stopped))
  const close = async () => {
    if (stopped) return
    stopped = true
    await Promise.all(clients.map(({ done }) => done))
    await Promise.all([...udp, ...tcp].map((client) => client[Symbol.asyncDispose]()))
  }
  return {
    more: async (count) => {
      const goals = clients.map(({ replies }) => replies.length + count)
      await eventually(() => {
        if (clients.some(({ replies, error }, i) => error === undefined && replies.length < (goals[i] ?? 0)))
          throw new Error('a client waits for its replies')
      })
    },
    stop: async () => {
      await close()
      for (const { error } of clients) if (error !== undefined) throw error
      return clients.map(({ replies }) => replies)
    },
    [Symbol.asyncDispose]: close,
  }
}

class Client {
  readonly replies: string[] = []
  readonly done: Promise<void>
  error: Error | undefined

  constructor(ask: Ask, question: string, isStopped: () => boolean) {
    this.done = this.#run(ask, question, isStopped).catch((error: Error) => void (this.error = error))
  }

  async #run(ask: Ask, question: string, isStopped: () => boolean): Promise<void> {
    for (let id = 1; !isStopped(); id = (id + 1) & 0xffff) {
      const reply = await ask(questionPacket(question, id))
      const header = headerOf(reply)
      if (header.id !== id) throw new Error(`a reply to ${header.id} where ${id} was asked`)
      const lines = (packet.decode(reply).answers ?? []).map(lineOf)
      this.replies.push([RCODES.get(header.rcode), ...lines].join(' '))
      await sleep(PAUSE_MS)
    }
  }
}
