import { Attacker } from './attacker.ts'
import { bogusHello, doHandshake, stalledHello } from './tls-attacks.ts'

/** How an attack is made. `one` is a connection, from open to closed; the next one follows it. */
export interface Attack {
  readonly id: string
  readonly what: string
  /** How many connections there are at a time. */
  readonly connections: number
  /** From how many addresses. */
  readonly clients: number
  /** Between two connections of the same place, and on the way of slow ones. */
  readonly pauseMs?: number
  readonly isTls?: true
  readonly one: (attacker: Attacker) => Promise<void>
}

const PIPELINE = 10_000
const READ_AHEAD = 300 // more than what a server may keep for a client

/** What issue bar 3 names, and TLS. */
export const ATTACKS: readonly Attack[] = [
  {
    id: 'connections',
    what: '2,000 connections of one client, each opened again when it is closed',
    connections: 2000,
    clients: 1,
    pauseMs: 1000,
    one: (attacker) => attacker.hold(),
  },
  {
    id: 'connections-many',
    what: '2,000 connections of 200 clients, the same',
    connections: 2000,
    clients: 200,
    pauseMs: 1000,
    one: (attacker) => attacker.hold(),
  },
  {
    id: 'slowloris',
    what: '1,000 connections of 20 clients that send half a query, and an octet a second',
    connections: 1000,
    clients: 20,
    pauseMs: 1000,
    one: async (attacker) => {
      await attacker.send(attacker.query('web').subarray(0, 10))
      while (await attacker.rest()) await attacker.send(Buffer.of(0))
    },
  },
  {
    id: 'octets',
    what: 'queries one octet at a time, on 100 connections of 2 clients, as fast as it goes',
    connections: 100,
    clients: 2,
    one: async (attacker) => {
      for (const octet of attacker.query('web')) {
        if (!(await attacker.send(Buffer.of(octet)))) return
        await attacker.turn()
      }
      await attacker.reply()
    },
  },
  {
    id: 'garbage',
    what: 'random octets, so random lengths, on 50 connections of 5 clients',
    connections: 50,
    clients: 5,
    one: async (attacker) => {
      await attacker.send(attacker.noise())
      await attacker.turn()
    },
  },
  {
    id: 'short-frames',
    what: 'frames shorter than a header behind a query, on 50 connections of 5 clients',
    connections: 50,
    clients: 5,
    one: async (attacker) => {
      await attacker.send(attacker.query('web'), Buffer.of(0, 3, 1, 2, 3))
      await attacker.hold()
    },
  },
  {
    id: 'mid-frame',
    what: 'an end in the middle of a frame, on 50 connections of 5 clients',
    connections: 50,
    clients: 5,
    one: async (attacker) => {
      await attacker.send(attacker.query('web').subarray(0, 20))
      attacker.end()
      await attacker.hold()
    },
  },
  {
    id: 'resets',
    what: 'a reset in the middle of large replies, on 50 connections of 5 clients',
    connections: 50,
    clients: 5,
    one: async (attacker) => {
      await attacker.send(...Array.from({ length: 8 }, () => attacker.query('big')))
      await attacker.reply()
      attacker.reset()
    },
  },
  {
    id: 'pipelines',
    what: 'pipelines of 10,000 queries, on 50 connections of one client that reads',
    connections: 50,
    clients: 1,
    one: async (attacker) => {
      await attacker.send(attacker.queries('web', PIPELINE))
      await attacker.replies(PIPELINE)
    },
  },
  {
    id: 'never-reading',
    what: 'pipelines of 10,000 queries for large replies that are not read, on 1,000 connections of 20 clients',
    connections: 1000,
    clients: 20,
    one: async (attacker) => {
      attacker.stopReading()
      await attacker.send(attacker.queries('big', READ_AHEAD))
      await attacker.hold()
    },
  },
  {
    id: 'tls-silent',
    what: '1,000 connections of 20 clients to the TLS port that say nothing',
    connections: 1000,
    clients: 20,
    pauseMs: 1000,
    isTls: true,
    one: (attacker) => attacker.hold(),
  },
  {
    id: 'tls-stalled',
    what: 'handshakes that stop after the first message, on 500 connections of 10 clients',
    connections: 500,
    clients: 10,
    pauseMs: 1000,
    isTls: true,
    one: stalledHello,
  },
  {
    id: 'tls-garbage',
    what: 'handshakes of random octets, on 50 connections of 5 clients',
    connections: 50,
    clients: 5,
    isTls: true,
    one: bogusHello,
  },
  {
    id: 'tls-handshakes',
    what: 'whole handshakes, one after the other, on 50 connections of 5 clients',
    connections: 50,
    clients: 5,
    isTls: true,
    one: doHandshake,
  },
]
