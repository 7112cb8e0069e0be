import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { H2Server, respond } from './h2-server.ts'
import { StreamServer } from './stream-server.ts'

// The other end of cost.ts: answers everything with the query itself, as a reply. Ends when its parent does.

export interface CostServerPorts {
  readonly udp: number
  readonly tcp: number
  readonly tls: number
  readonly https: number
}

const [certFile = '', keyFile = ''] = process.argv.slice(2)
const issued = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile }

function asReply(query: Buffer): Buffer {
  query.writeUInt8(query.readUInt8(2) | 0x80, 2)
  return query
}

const udp = createSocket({ type: 'udp4', lookup: (address, _options, done) => done(null, address, 4) })
udp.on('message', (query, { port, address }) => udp.send(asReply(query), port, address))
const bound = once(udp, 'listening')
udp.bind(0, '127.0.0.1')
await bound
const tcp = await StreamServer.start((peer, query) => peer.reply(asReply(query)))
const tls = await StreamServer.start((peer, query) => peer.reply(asReply(query)), { tls: issued })
const https = await H2Server.start((stream, query) => respond(stream, asReply(query)), issued)
const ports: CostServerPorts = {
  udp: udp.address().port,
  tcp: tcp.address.port,
  tls: tls.address.port,
  https: https.address.port,
}
process.send?.(ports)
process.on('disconnect', () => process.exit())
