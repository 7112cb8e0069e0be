import type { Clock } from '../base/clock.ts'
import { type ClosedFor, ConnectionCounters, type Protocol } from './connection-counters.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { idleTimeMs } from './idle-time.ts'
import type { Occupant, Phase, Seat } from './seat.ts'

interface Options {
  readonly clock: Clock
  readonly limits: ConnectionLimits
}

interface Place extends Seat {
  phase: Phase
  sinceMs: number
  /** Whether it is counted. */
  isOpen: boolean
  isGone: boolean
  /** From when it has begun. */
  occupant: Occupant | undefined
}

/** Replies that a client has not taken for so long do not keep its connection when another needs the room. */
const PATIENCE_MS = 1000

/**
 * Every connection of every stream listener, and which of them has to go. A client is an address; of IPv6 the whole one, as
 * Kubernetes gives the pods of a node addresses of one /64.
 */
export class ConnectionTable {
  readonly counters: Readonly<Record<Protocol, ConnectionCounters>> = {
    tcp: new ConnectionCounters(),
    tls: new ConnectionCounters(),
  }
  /** Handshakes that took too long. */
  handshakesTimedOut = 0
  readonly #clock: Clock
  readonly #limits: ConnectionLimits
  /** Of each phase, in the order in which they last got on. */
  readonly #phases: Readonly<Record<Phase, Set<Place>>> = {
    greeting: new Set(),
    idle: new Set(),
    busy: new Set(),
    owing: new Set(),
    leaving: new Set(),
  }
  readonly #clients = new Map<string, Set<Place>>()
  #unsentOctets = 0
  #isDraining = false
  #dueMs = Number.POSITIVE_INFINITY
  #cancel: () => void = () => {}

  constructor({ clock, limits }: Options) {
    this.#clock = clock
    this.#limits = limits
  }

  /** What clients are told of how long they may be idle: nothing once we are about to stop (RFC 7828 §3.4). */
  get idleMs(): number {
    return this.#isDraining ? 0 : this.#idleTimeMs
  }

  get open(): number {
    return this.counters.tcp.open + this.counters.tls.open
  }

  get unsentOctets(): number {
    return this.#unsentOctets
  }

  /** Clients should open their next connection elsewhere. */
  drain(): void {
    this.#isDraining = true
  }

  /** Begins a new connection if there is a seat for it, or somebody who is idle makes room. */
  admit<T extends Occupant>(protocol: Protocol, client: string, begin: (seat: Seat) => T): T | undefined {
    const counters = this.counters[protocol]
    if (!this.#hasRoomFor(protocol, client)) {
      counters.refused++
      return undefined
    }
    counters.accepted++
    counters.open++
    const place = this.#newPlace(protocol, client)
    const own = this.#clients.get(client)
    if (own === undefined) this.#clients.set(client, new Set([place]))
    else own.add(place)
    this.#enter(place, protocol === 'tls' ? 'greeting' : 'idle')
    this.#lookBy(this.#firstDueMs('idle'))
    const occupant = begin(place)
    place.occupant = occupant
    return occupant
  }

  #newPlace(protocol: Protocol, client: string): Place {
    const isShort = () => this.#unsentOctets > this.#limits.maxUnsentOctetsOfAll
    const place: Place = {
      protocol,
      client,
      occupant: undefined,
      phase: 'idle',
      sinceMs: 0,
      isOpen: true,
      isGone: false,
      get isShort() {
        return isShort()
      },
      settle: (phase, hasGotOn) => {
        if (!place.isGone && (phase !== place.phase || hasGotOn)) this.#enter(place, phase)
      },
      unsent: (octets) => void (this.#unsentOctets += octets),
      reject: () => {
        this.counters[protocol].closed.malformed++
        place.occupant?.leave()
      },
      free: () => this.#remove(place),
    }
    return place
  }

  #enter(place: Place, phase: Phase): void {
    this.#phases[place.phase].delete(place)
    this.#phases[phase].add(place)
    place.phase = phase
    place.sinceMs = this.#clock.now()
    this.#lookBy(place.sinceMs + this.#limitMs(phase))
    if (phase !== 'leaving') return
    this.#discount(place)
    const { leaving } = this.#phases
    if (leaving.size > this.#limits.maxLeaving) for (const oldest of leaving) return this.#cut(oldest)
  }

  #remove(place: Place): void {
    place.isGone = true
    this.#phases[place.phase].delete(place)
    this.#discount(place)
  }

  #discount(place: Place): void {
    if (!place.isOpen) return
    place.isOpen = false
    this.counters[place.protocol].open--
    const own = this.#clients.get(place.client)
    own?.delete(place)
    if (own?.size === 0) this.#clients.delete(place.client)
  }

  #close(place: Place, reason: ClosedFor): void {
    this.counters[place.protocol].closed[reason]++
    if (place.phase === 'owing' || place.phase === 'greeting') return this.#cut(place)
    place.occupant?.leave()
    // Nothing more can be sent to it.
    if (place.phase === 'idle') this.#cut(place)
  }

  #cut(place: Place): void {
    this.#remove(place)
    place.occupant?.cut()
  }

  #hasRoomFor(protocol: Protocol, client: string): boolean {
    const { maxConnections, maxPerClient, maxHandshakes } = this.#limits
    const { greeting } = this.#phases
    if (protocol === 'tls' && greeting.size >= maxHandshakes && !this.#makeRoom(greeting, client)) return false
    const own = this.#clients.get(client)
    if (own !== undefined && own.size >= maxPerClient) return this.#makeRoom(own, client)
    return this.open < maxConnections || this.#makeRoom(this.#everybody(), client)
  }

  #everybody(): readonly Place[] {
    const { idle, greeting, owing } = this.#phases
    return [...idle, ...greeting, ...owing]
  }

  // The client with the most connections loses the one that did nothing for longest; none does to one who has as many.
  #makeRoom(places: Iterable<Place>, newcomer: string): boolean {
    const least = this.#connectionsOf(newcomer)
    let worst: Place | undefined
    let most = 0
    for (const place of places) {
      const count = this.#connectionsOf(place.client)
      if (!this.#canGo(place) || (count <= least && place.client !== newcomer)) continue
      if (worst !== undefined && (count < most || (count === most && place.sinceMs >= worst.sinceMs))) continue
      worst = place
      most = count
    }
    if (worst !== undefined) this.#close(worst, 'room')
    return worst !== undefined
  }

  #connectionsOf(client: string): number {
    return this.#clients.get(client)?.size ?? 0
  }

  #canGo({ phase, sinceMs }: Place): boolean {
    if (phase === 'owing') return this.#clock.now() - sinceMs >= PATIENCE_MS
    return phase === 'idle' || phase === 'greeting'
  }

  get #idleTimeMs(): number {
    return idleTimeMs(this.open, this.#limits)
  }

  #limitMs(phase: Phase): number {
    const { handshakeMs, stallMs, lingerMs } = this.#limits
    if (phase === 'idle') return this.#idleTimeMs
    if (phase === 'busy') return Number.POSITIVE_INFINITY
    return { greeting: handshakeMs, owing: stallMs, leaving: lingerMs }[phase]
  }

  #firstDueMs(phase: Phase): number {
    for (const { sinceMs } of this.#phases[phase]) return sinceMs + this.#limitMs(phase)
    return Number.POSITIVE_INFINITY
  }

  #lookBy(dueMs: number): void {
    if (dueMs >= this.#dueMs) return
    this.#cancel()
    this.#dueMs = dueMs
    this.#cancel = this.#clock.after(Math.max(0, dueMs - this.#clock.now()), () => this.#look())
  }

  // Closes all whose time is over.
  #look(): void {
    this.#dueMs = Number.POSITIVE_INFINITY
    const nowMs = this.#clock.now()
    for (const phase of TIMED) {
      const limitMs = this.#limitMs(phase)
      for (const place of this.#phases[phase]) {
        if (place.sinceMs + limitMs > nowMs) break
        this.#timeOut(place)
      }
    }
    for (const phase of TIMED) this.#lookBy(this.#firstDueMs(phase))
  }

  #timeOut(place: Place): void {
    if (place.phase === 'idle') return this.#close(place, 'idle')
    if (place.phase === 'owing') return this.#close(place, 'stalled')
    if (place.phase === 'greeting') this.handshakesTimedOut++
    this.#cut(place)
  }
}

const TIMED = ['greeting', 'idle', 'owing', 'leaving'] as const
