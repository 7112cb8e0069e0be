import { lose, loseNothing } from './own-network.ts'
import type { Behaviour, Upstream } from './upstream.ts'

const FLAP_MS = 2000

/** What may happen to an upstream, or to both. */
export interface Fault {
  readonly id: string
  readonly title: string
  /** How many there are; the first fails, and is the faster one. */
  readonly upstreams: 1 | 2
  readonly protocol: 'plain' | 'tcp' | 'tls'
  /** One that the bar names; of the others we just want to know. */
  readonly isOfBar: boolean
  /** Whether packets are lost, which takes a network of our own. */
  readonly needsNetwork: boolean
  /** It happens while nobody asks. */
  readonly isIdle: boolean
  /** Resolves when it is so; the returned function repairs it, and tells how many queries were lost on the way. */
  begin(upstreams: readonly Upstream[]): Promise<() => Promise<number>>
}

type Options = Partial<Pick<Fault, 'upstreams' | 'protocol' | 'isOfBar' | 'isIdle'>>

const DEFAULTS = { upstreams: 2, protocol: 'plain', isOfBar: false, isIdle: false } as const

/** The first upstream behaves in this way. */
function misbehaves(id: string, title: string, change: Partial<Behaviour>, options: Options = {}): Fault {
  return {
    ...DEFAULTS,
    ...options,
    id,
    title,
    needsNetwork: false,
    begin: async ([first]) => {
      await first?.behave(change)
      return async () => {
        await first?.behave({ answers: 'data', delayMs: 0, isOpen: true })
        return 0
      }
    },
  }
}

/** Packets to the ports of the upstreams, or of the first, are lost. */
function loses(
  id: string,
  title: string,
  rule: (port: number) => string,
  options: Options & { both?: true } = {},
): Fault {
  const { both, ...rest } = options
  return {
    ...DEFAULTS,
    ...rest,
    id,
    title,
    needsNetwork: true,
    begin: async (upstreams) => {
      await lose(upstreams.slice(0, both ? 2 : 1).map(({ port }) => rule(port)))
      return loseNothing
    },
  }
}

const share = (percent: number) => (port: number) => `udp dport ${port} numgen random mod 100 < ${percent}`
const udp = (port: number) => `udp dport ${port}`
const tcp = (port: number) => `tcp dport ${port}`
const ofBar = { isOfBar: true } as const

/** Silent for 2 s, there for 2 s, and so on. */
const flapping: Fault = {
  ...DEFAULTS,
  id: 'flapping',
  title: 'silent every other 2 s',
  needsNetwork: false,
  begin: async ([first]) => {
    let isSilent = true
    const flap = () => first?.behave({ answers: isSilent ? 'nothing' : 'data' })
    await flap()
    const timer = setInterval(() => {
      isSilent = !isSilent
      void flap()
    }, FLAP_MS)
    return async () => {
      clearInterval(timer)
      await first?.behave({ answers: 'data' })
      return 0
    }
  },
}

export const FAULTS: readonly Fault[] = [
  misbehaves('refused', 'port closed', { isOpen: false }, ofBar),
  misbehaves('silent', 'answers nothing', { answers: 'nothing' }, ofBar),
  misbehaves('servfail', 'answers SERVFAIL', { answers: 'SERVFAIL' }, ofBar),
  loses('loss', '30 % of queries lost', share(30), ofBar),
  misbehaves('delay', '300 ms later', { delayMs: 300 }, ofBar),
  misbehaves('refuses', 'answers REFUSED', { answers: 'REFUSED' }),
  misbehaves('wrong-id', 'UDP replies with another id', { answers: 'another id' }),
  misbehaves('idle', 'silent since 30 s, when nobody asked', { answers: 'nothing' }, { isIdle: true }),
  flapping,
  loses('tcp-only', 'UDP lost, TCP not', udp),
  loses('both-loss', 'both: 30 % of queries lost', share(30), { both: true }),
  loses('single-loss-10', 'the only one: 10 % of queries lost', share(10), { upstreams: 1 }),
  loses('single-loss-30', 'the only one: 30 % of queries lost', share(30), { upstreams: 1 }),
  misbehaves('tcp-refused', 'tcp://, port and connections closed', { isOpen: false }, { protocol: 'tcp' }),
  loses('tcp-silent', 'tcp://, all packets lost', tcp, { protocol: 'tcp' }),
  misbehaves('tls-refused', 'tls://, port and connections closed', { isOpen: false }, { protocol: 'tls' }),
  loses('tls-silent', 'tls://, all packets lost', tcp, { protocol: 'tls' }),
]
