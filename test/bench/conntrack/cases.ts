import { coredns } from '../forwarding/coredns.ts'
import { feddns } from '../forwarding/feddns.ts'
import type { Forwarder } from '../forwarding/forwarder.ts'

/** A way to forward, whose entries in the connection tracking of the node are counted. */
export interface Case {
  readonly title: string
  readonly forwarder: Forwarder
  readonly transport: 'udp' | 'tcp'
  /** Whether manifests/notrack.nft is loaded, with the upstream in its sets. */
  readonly notrack: boolean
}

export const CASES: readonly Case[] = [
  { title: 'feddns, UDP', forwarder: feddns, transport: 'udp', notrack: false },
  { title: 'feddns, UDP, notrack.nft', forwarder: feddns, transport: 'udp', notrack: true },
  { title: 'feddns, tcp://', forwarder: feddns, transport: 'tcp', notrack: false },
  { title: 'coredns, UDP', forwarder: coredns, transport: 'udp', notrack: false },
  { title: 'coredns, force_tcp', forwarder: coredns, transport: 'tcp', notrack: false },
]
