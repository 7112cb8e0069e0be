// A process that watches as so many resolvers would, each with three watches on connections of their own, and throws
// away what comes. Its argument is JSON: { url, caPem, token, count, labelSelector? }. It tells its parent `open` once
// all watches have told what there was, and on any message what came since the one before, as Received.
import { type IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { TLSSocket } from 'node:tls'

export interface Received {
  readonly events: number
  readonly bookmarks: number
  /** Of the bodies. */
  readonly octets: number
  /** With the framing of HTTP, without that of TLS. */
  readonly wireOctets: number
}

interface Given {
  readonly url: string
  readonly caPem: string
  readonly token: string
  readonly count: number
  readonly labelSelector?: string
}

const NEWLINE = 10
const BOOKMARK = Buffer.from('{"type":"BOOKMARK"')
const END_OF_LIST = 'k8s.io/initial-events-end'
// So that nobody's handshake has to wait for all others'.
const AT_ONCE = 20

const { url, caPem, token, count, labelSelector } = JSON.parse(process.argv[2] ?? '{}') as Given
const total = { events: 0, bookmarks: 0, octets: 0 }
const sockets: TLSSocket[] = []
let told = { ...total, wireOctets: 0 }

// As `CollectionClient` of lib/kubernetes asks.
function watchesOf(node: number): readonly string[] {
  const parameters = {
    watch: '1',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(290 + Math.floor(Math.random() * 300)),
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
  }
  const query = (selector: object) => new URLSearchParams({ ...selector, ...parameters }).toString()
  const narrowed = labelSelector === undefined ? {} : { labelSelector }
  return [
    `/api/v1/services?${query(narrowed)}`,
    `/apis/discovery.k8s.io/v1/endpointslices?${query(narrowed)}`,
    `/api/v1/nodes?${query({ fieldSelector: `metadata.name=node-${node}` })}`,
  ]
}

/** Resolves when what there was has come. */
function watch(path: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'feddns/bench' }
  const agent = new Agent({ maxSockets: 1, keepAlive: true })
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { ca: caPem, headers, agent }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`${path}: ${response.statusCode}`))
      sockets.push(response.socket as TLSSocket)
      follow(response, resolve)
    })
    sent.once('error', reject).end()
  })
}

function follow(response: IncomingMessage, onListed: () => void): void {
  let isListed = false
  response.on('data', (chunk: Buffer) => {
    total.octets += chunk.length
    if (!isListed && chunk.includes(END_OF_LIST)) {
      isListed = true
      onListed()
    }
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) total.events++
    // In a chunk of its own nearly always.
    if (chunk.subarray(0, BOOKMARK.length).equals(BOOKMARK)) total.bookmarks++
  })
  response.once('close', () => process.send?.('closed'))
}

function received(): Received {
  const now = { ...total, wireOctets: sockets.reduce((sum, socket) => sum + socket.bytesRead, 0) }
  const since = {
    events: now.events - told.events,
    bookmarks: now.bookmarks - told.bookmarks,
    octets: now.octets - told.octets,
    wireOctets: now.wireOctets - told.wireOctets,
  }
  told = now
  return since
}

const paths = Array.from({ length: count }, (_, node) => watchesOf(node)).flat()
async function open(): Promise<void> {
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) await watch(path)
}
await Promise.all(Array.from({ length: AT_ONCE }, open))
process.on('message', () => process.send?.(received()))
process.once('disconnect', () => process.exit())
process.send?.('open')
