import type { ConnectionLimits } from '../../lib/server/connection-limits.ts'
import type { ListenAddress, Listener } from '../../lib/server/listener.ts'
import { Streams } from '../../lib/server/streams.ts'
import type { Credentials } from '../../lib/server/tls-identity.ts'
import { listenUdp } from '../../lib/server/udp.ts'
import type { ScriptedResponder } from './scripted-responder.ts'

const LOOPBACK: ListenAddress = { host: '127.0.0.1', port: 0 }

/** A listener that is closed at the end of the test, and what it complained of. */
export class Listening<T extends Streams | undefined = Streams | undefined> implements AsyncDisposable {
  readonly listener: Listener
  readonly errors: readonly Error[]
  /** What stream listeners share. */
  readonly streams: T
  readonly #world: ScriptedResponder

  constructor(listener: Listener, world: ScriptedResponder, errors: readonly Error[], streams: T) {
    this.listener = listener
    this.#world = world
    this.errors = errors
    this.streams = streams
  }

  static async tcp(
    world: ScriptedResponder,
    limits: Partial<ConnectionLimits> = {},
    address = LOOPBACK,
  ): Promise<Listening<Streams>> {
    const errors: Error[] = []
    const streams = streamsOf(world, limits, errors)
    return new Listening(await streams.listenTcp(address), world, errors, streams)
  }

  /** With this identity. */
  static async tls(
    world: ScriptedResponder,
    credentials: Credentials,
    limits: Partial<ConnectionLimits> = {},
  ): Promise<Listening<Streams>> {
    const errors: Error[] = []
    const streams = streamsOf(world, limits, errors)
    streams.identity.exchange(credentials)
    return new Listening(await streams.listenTls(LOOPBACK), world, errors, streams)
  }

  static async udp(world: ScriptedResponder, address = LOOPBACK): Promise<Listening<undefined>> {
    const errors: Error[] = []
    const onError = (error: Error) => void errors.push(error)
    const listener = await listenUdp(address, { respond: world.responder.respond, clock: world.clock, onError })
    return new Listening(listener, world, errors, undefined)
  }

  get address(): ListenAddress {
    return this.listener.address
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.listener.close(0)
    this.#world.clock.advance(0)
    await closed
  }
}

/** What stream listeners share; what goes wrong is added to `errors`. */
export function streamsOf(world: ScriptedResponder, limits: Partial<ConnectionLimits>, errors: Error[]): Streams {
  return new Streams({
    respond: world.responder.respond,
    clock: world.clock,
    limits,
    onRefused: () => {},
    onError: (error) => void errors.push(error),
  })
}
