import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { TYPE } from '../../lib/dns/constants.ts'
import { type LoopbackUpstream, loopbackUpstream } from '../helpers/loopback-upstream.ts'
import { a, nameIn, questionEndOf, replyTo, soa } from './message.ts'

/** A question that came. */
export interface Asked {
  readonly query: Buffer
  /** In lower case; labels with points between them. */
  readonly name: string
  readonly type: number
  readonly transport: 'udp' | 'tcp'
  /** How many questions for the same name came before this one. */
  readonly before: number
  readonly atMs: number
}

/** What is sent back; nothing to stay silent. */
export type Script = (asked: Asked) => readonly Buffer[] | Promise<readonly Buffer[]>

// Less than any time that a test lets pass between two questions that it counts.
const REPEATED_WITHIN_MS = 1000

/** The address that every name has of which nothing else was said. */
export const USUAL_ADDRESS = '192.0.2.1'

/** One address for every name, and nothing else: for 300 s. */
export const usual: Script = ({ query, type }) => [
  type === TYPE.A
    ? replyTo(query, { answer: [a(USUAL_ADDRESS)] })
    : replyTo(query, { authority: [soa('example', 300, 300)] }),
]

export const silent: Script = () => []

/** Says it after so long. */
export const after =
  (delayMs: number, script: Script): Script =>
  async (asked) => {
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    return script(asked)
  }

/** An upstream on UDP and TCP of one loopback port that says, below each domain, what a test wants it to. */
export class ScriptedServer implements AsyncDisposable {
  readonly asked: Asked[] = []
  readonly #scripts = new Map<string, Script>()
  readonly #stack = new AsyncDisposableStack()
  #server: LoopbackUpstream | undefined

  static async start(script: Script = usual): Promise<ScriptedServer> {
    const server = new ScriptedServer()
    server.#scripts.set('', script)
    server.#server = server.#stack.use(await loopbackUpstream((query, transport) => server.#answer(query, transport)))
    return server
  }

  /** As it is written in a configuration. */
  get place(): string {
    return `127.0.0.1:${this.port}`
  }

  get port(): number {
    return this.#server?.port ?? 0
  }

  /** From now on, for names at and below the domain. */
  on(domain: string, script: Script): void {
    this.#scripts.set(domain, script)
  }

  /** Questions for names at and below the domain, all of them. */
  allOf(domain: string): readonly Asked[] {
    return this.asked.filter(({ name }) => isAtOrBelow(name, domain))
  }

  /** The same without those that repeat the one before it: a reply that is late is asked for again. */
  askedOf(domain: string): readonly Asked[] {
    const latestMs = new Map<string, number>()
    return this.allOf(domain).filter(({ query, atMs }) => {
      // All but the id.
      const question = query.toString('latin1', 2)
      const isRepeated = atMs - (latestMs.get(question) ?? Number.NEGATIVE_INFINITY) < REPEATED_WITHIN_MS
      latestMs.set(question, atMs)
      return !isRepeated
    })
  }

  /** Packets that have these octets anywhere in them, in whatever letter case. */
  sawAnywhere(text: string): number {
    return this.asked.filter(({ query }) => query.toString('latin1').toLowerCase().includes(text)).length
  }

  /** The ports that questions over UDP came from, in order, of names at and below the domain. */
  portsOf(domain: string): number[] {
    const all = this.#server?.asked ?? []
    return all.flatMap(({ query, fromPort }) => (isAtOrBelow(nameIn(query), domain) ? [fromPort] : []))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  #answer(query: Buffer, transport: Asked['transport']): readonly Buffer[] | Promise<readonly Buffer[]> {
    const name = nameIn(query)
    const type = query.readUInt16BE(questionEndOf(query) - 4)
    const before = this.asked.filter((one) => one.name === name).length
    const asked = { query, name, type, transport, before, atMs: performance.now() }
    this.asked.push(asked)
    let found: Script = usual
    let length = -1
    for (const [domain, script] of this.#scripts) {
      if (domain.length <= length || !isAtOrBelow(name, domain)) continue
      found = script
      length = domain.length
    }
    return found(asked)
  }
}

const isAtOrBelow = (name: string, domain: string): boolean =>
  domain === '' || name === domain || name.endsWith(`.${domain}`)

/** Sends a datagram to a port of 127.0.0.1 from any port of another loopback address, or of the same. */
export async function sendFrom(host: string, octets: Buffer, toPort: number): Promise<void> {
  const socket = createSocket('udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  await new Promise((sent) => socket.send(octets, toPort, '127.0.0.1', sent))
  await new Promise<void>((closed) => void socket.close(closed))
}
