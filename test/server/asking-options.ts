import assert from 'node:assert/strict'
import { ServerCookies } from '../../lib/dns/edns/server-cookies.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { UDP } from '../../lib/server/carrier.ts'
import type { EdnsService } from '../../lib/server/client-options.ts'
import { queryPacket } from '../helpers/packets.ts'
import type { ScriptedResponder } from './scripted-responder.ts'

/** The address of everybody who asks here. */
export const CLIENT = '198.51.100.100'
/** Codes of options. */
export const [NSID, COOKIE, KEEPALIVE, PADDING, EDE_OPTION] = [3, 10, 11, 12, 15] as const
export const CLIENT_COOKIE = Buffer.from('2464c4abcf10c957', 'hex')
const NOW_SECONDS = 1_559_731_985

/** Cookies, at a time that stands still. */
export const cookies = (areRequired = false): Required<Pick<EdnsService, 'cookies'>> => ({
  cookies: { server: new ServerCookies([Buffer.alloc(16, 7)]), areRequired, nowSeconds: () => NOW_SECONDS },
})

/** The reply, waited for. */
export async function ask(world: ScriptedResponder, query: Buffer, carrier = UDP): Promise<Buffer> {
  const reply = await world.responder.respond(query, CLIENT, carrier)
  assert.ok(reply !== undefined, 'no reply')
  return reply
}

/** A query with these options, in wire form. */
export const asking = (...options: readonly Buffer[]): Buffer =>
  queryPacket('web', { edns: { options: Buffer.concat(options) } })

/** The options of a reply, by code; several of the same kind are no reply that we give. */
export function optionsOf(reply: Buffer): Map<number, Buffer> {
  const { opt } = readMessage(reply)
  const options = new Map<number, Buffer>()
  if (opt === undefined) return options
  for (let at = opt.rdataAt; at < opt.end; at += 4 + reply.readUInt16BE(at + 2)) {
    const code = reply.readUInt16BE(at)
    assert.ok(!options.has(code), `option ${code} twice`)
    options.set(code, reply.subarray(at + 4, at + 4 + reply.readUInt16BE(at + 2)))
  }
  return options
}

export const codesOf = (reply: Buffer): number[] => [...optionsOf(reply).keys()]
export const rcodeOf = (reply: Buffer): number => readMessage(reply).rcode
