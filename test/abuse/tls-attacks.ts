import { once } from 'node:events'
import { connect } from 'node:tls'
import type { Attacker } from './attacker.ts'

const HANDSHAKE = 22

/** The first message of a handshake as a client sends it. */
async function firstHello(): Promise<Buffer> {
  const { Duplex } = await import('node:stream')
  const said = Promise.withResolvers<Buffer>()
  const wire = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      said.resolve(chunk)
      done()
    },
  })
  const client = connect({ socket: wire, servername: 'dns.test', ALPNProtocols: ['dot'] })
  client.on('error', () => {})
  const hello = await said.promise
  client.destroy()
  return hello
}

let hello: Promise<Buffer> | undefined

/** Begins a handshake and never goes on with it. */
export async function stalledHello(attacker: Attacker): Promise<void> {
  hello ??= firstHello()
  await attacker.send(await hello)
  await attacker.hold()
}

/** A record of a handshake with nothing sensible in it. */
export async function bogusHello(attacker: Attacker): Promise<void> {
  const noise = attacker.noise()
  await attacker.send(Buffer.from([HANDSHAKE, 3, 1, noise.length >> 8, noise.length & 0xff]), noise)
  await attacker.hold()
}

/** All of it, a query, and no good-bye. */
export async function doHandshake(attacker: Attacker): Promise<void> {
  const { socket } = attacker
  const secured = connect({ socket, servername: 'dns.test', ALPNProtocols: ['dot'], rejectUnauthorized: false })
  secured.on('error', () => {})
  const closed = once(secured, 'close').catch(() => {})
  secured.write(attacker.query('web'))
  await Promise.race([once(secured, 'data').catch(() => {}), closed])
  secured.destroy()
}
