import type { ListenAddress, Listener } from '../../lib/server/listener.ts'
import { listenUdp } from '../../lib/server/udp.ts'
import { listenUdpBatched } from '../../lib/server/udp-batched.ts'
import { library } from '../native/library-under-test.ts'
import type { ScriptedResponder } from './scripted-responder.ts'

/** One of the listeners for UDP, closed at the end of the test, and what it complained of. */
export class ListeningUdp implements AsyncDisposable {
  readonly listener: Listener
  readonly errors: readonly Error[]
  readonly #world: Pick<ScriptedResponder, 'clock'>

  private constructor(listener: Listener, world: Pick<ScriptedResponder, 'clock'>, errors: readonly Error[]) {
    this.listener = listener
    this.#world = world
    this.errors = errors
  }

  static async start(
    kind: 'dgram' | 'batched',
    world: Pick<ScriptedResponder, 'clock'> & { readonly responder: Pick<ScriptedResponder['responder'], 'respond'> },
    address: ListenAddress = { host: '127.0.0.1', port: 0 },
  ): Promise<ListeningUdp> {
    const errors: Error[] = []
    const { clock, responder } = world
    const options = { respond: responder.respond, clock, onError: (error: Error) => void errors.push(error) }
    const listener = await (kind === 'dgram'
      ? listenUdp(address, options)
      : listenUdpBatched(address, { ...options, library }))
    return new ListeningUdp(listener, world, errors)
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
