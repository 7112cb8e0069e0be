import type { ConnectionLimits } from '../../lib/server/connection.ts'
import type { ListenAddress, Listener } from '../../lib/server/listener.ts'
import { listenTcp } from '../../lib/server/tcp.ts'
import { listenUdp } from '../../lib/server/udp.ts'
import type { ScriptedResponder } from './scripted-responder.ts'

interface Limits extends ConnectionLimits {
  readonly maxConnections: number
}

const LIMITS: Limits = { idleMs: 10_000, maxPipelined: 100, maxUnsentOctets: 256 * 1024, maxConnections: 100 }
const LOOPBACK: ListenAddress = { host: '127.0.0.1', port: 0 }

/** A listener that is closed at the end of the test, and what it complained of. */
export class Listening implements AsyncDisposable {
  readonly listener: Listener
  readonly errors: readonly Error[]
  /** Connections that were turned away. */
  refused = 0
  readonly #world: ScriptedResponder

  private constructor(listener: Listener, world: ScriptedResponder, errors: readonly Error[]) {
    this.listener = listener
    this.#world = world
    this.errors = errors
  }

  static async tcp(world: ScriptedResponder, limits: Partial<Limits> = {}, address = LOOPBACK): Promise<Listening> {
    const errors: Error[] = []
    const listener = await listenTcp(address, {
      respond: world.responder.respond,
      clock: world.clock,
      limits: { ...LIMITS, ...limits },
      onRefused: () => void listening.refused++,
      onError: (error) => void errors.push(error),
    })
    const listening: Listening = new Listening(listener, world, errors)
    return listening
  }

  static async udp(world: ScriptedResponder, address = LOOPBACK): Promise<Listening> {
    const errors: Error[] = []
    const onError = (error: Error) => void errors.push(error)
    return new Listening(
      await listenUdp(address, { respond: world.responder.respond, clock: world.clock, onError }),
      world,
      errors,
    )
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
