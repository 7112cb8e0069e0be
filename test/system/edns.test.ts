import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RCODE, TYPE } from '../../lib/dns/constants.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { askTcp, askUdp } from '../helpers/dns-client.ts'
import { service, slice } from '../helpers/objects.ts'
import { ednsOption, queryPacket, spelled, uint16s } from '../helpers/packets.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { codesOf, COOKIE, EDE_OPTION, NSID, optionsOf, PADDING, rcodeOf } from '../server/asking-options.ts'

const HOST = '127.0.0.1'
const NAME = 'web.shop.fleet'
const CLIENT_COOKIE = Buffer.from('2464c4abcf10c957', 'hex')
const OLD = 'dd3bdf9344b678b185a6f5cb60fca715'
const NEW = '445536bcd2513298075a5d379663c962'

/** A resolver of its own folder's configuration, on the node that it is told. */
async function started(folder: TemporaryFolder, edns: object, nodeName = 'node-a'): Promise<RunningResolver> {
  const items = [service('web.shop'), slice('web.shop')]
  await folder.write('cluster/web.json', { apiVersion: 'v1', kind: 'List', items })
  const config = await folder.write(`${nodeName}.yaml`, {
    federations: { fleet: 'example.com' },
    listen: [`${HOST}:0`],
    source: { manifests: [folder.file('cluster')] },
    forward: { upstreams: [] },
    http: { listen: `${HOST}:0` },
    chaos: { version: 'feddns', id: '${NODE_NAME}' },
    edns,
    lameDuck: '0s',
  })
  return startResolver({ config, env: { NODE_NAME: nodeName } })
}

const at = ({ port }: RunningResolver) => ({ host: HOST, port })
const asking = (...options: readonly Buffer[]) => queryPacket(NAME, { edns: { options: Buffer.concat(options) } })
const isReloaded = ({ msg }: { readonly msg: string }): boolean => msg === 'configuration reloaded'

// IXFR has the version that the client has in AUTHORITY (RFC 1995 §3).
function transfersOf(name: string): Buffer[] {
  const [axfr, ixfr] = [TYPE.AXFR, TYPE.IXFR].map((type) => queryPacket(name, { type, edns: {} })) as [Buffer, Buffer]
  const soa = Buffer.concat([spelled(name), uint16s(TYPE.SOA, 1, 0, 0, 22), Buffer.alloc(22)])
  const incremental = Buffer.concat([ixfr.subarray(0, -11), soa, ixfr.subarray(-11)])
  incremental.writeUInt16BE(1, 8)
  return [axfr, ixfr, incremental]
}

/** The cookie that one gets who shows this one. */
async function cookieFor(resolver: RunningResolver, cookie: Buffer): Promise<Buffer> {
  return optionsOf(await askUdp(at(resolver), asking(ednsOption(COOKIE, cookie)))).get(COOKIE) ?? Buffer.alloc(0)
}

test('the node tells who it is, to those who ask (EDNS-15, Q-01); without a configuration nobody is told anything', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder, { nsid: '${NODE_NAME}' })
  const padded = [ednsOption(NSID), ednsOption(PADDING, Buffer.alloc(60)), ednsOption(COOKIE, CLIENT_COOKIE)]
  for (const ask of [askUdp, askTcp]) {
    const reply = await ask(at(resolver), asking(...padded))
    assert.deepEqual([rcodeOf(reply), codesOf(reply)], [RCODE.NOERROR, [NSID]])
    assert.equal(optionsOf(reply).get(NSID)?.toString(), 'node-a')
    assert.deepEqual(codesOf(await ask(at(resolver), asking())), [])
    const about = await ask(at(resolver), queryPacket('id.server', { type: TYPE.TXT, class: 3 }))
    assert.equal(about.toString('latin1', about.length - 6), 'node-a')
  }
})

test('a cookie of one node holds on all with the same secrets, also while these are exchanged (EDNS-17)', async () => {
  await using folder = await temporaryFolder()
  const secretFile = await folder.write('secrets', `${OLD}\n`)
  const edns = { cookies: 'required', secretFile }
  await using one = await started(folder, edns, 'node-a')
  await using other = await started(folder, edns, 'node-b')
  const turnedAway = await askUdp(at(one), asking(ednsOption(COOKIE, CLIENT_COOKIE)))
  assert.deepEqual([rcodeOf(turnedAway), readMessage(turnedAway).records.length], [RCODE.BADCOOKIE, 0])
  const cookie = optionsOf(turnedAway).get(COOKIE) as Buffer
  assert.equal(rcodeOf(await askUdp(at(other), asking(ednsOption(COOKIE, cookie)))), RCODE.NOERROR)
  await other.loggedAfter(() => folder.replace('secrets', `${NEW}\n${OLD}\n`), isReloaded)
  const accepted = await askUdp(at(other), asking(ednsOption(COOKIE, cookie)))
  assert.equal(rcodeOf(accepted), RCODE.NOERROR)
  const renewed = optionsOf(accepted).get(COOKIE) as Buffer
  assert.notDeepEqual(renewed, cookie)
  await other.loggedAfter(() => folder.replace('secrets', `${NEW}\n`), isReloaded)
  assert.deepEqual(await cookieFor(other, renewed), renewed)
  assert.equal(rcodeOf(await askUdp(at(other), asking(ednsOption(COOKIE, cookie)))), RCODE.BADCOOKIE)
  const metrics = await (await fetch(`${other.httpUrl}/metrics`)).text()
  assert.match(metrics, /^feddns_cookies_total\{state="valid"\} 3$/m)
  assert.match(metrics, /^feddns_cookies_total\{state="wrong"\} 1$/m)
  assert.match(metrics, /^feddns_responses_total\{rcode="BADCOOKIE"\} 1$/m)
  assert.doesNotMatch(JSON.stringify([one.log, other.log]), new RegExp(`${OLD}|${NEW}`))
})

test('transfers are refused whatever the client says of its own version, over UDP and TCP (Q-06)', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder, {})
  for (const ask of [askUdp, askTcp]) {
    for (const name of ['fleet', 'example.org']) {
      for (const query of transfersOf(name)) {
        const reply = await ask(at(resolver), query)
        assert.deepEqual([rcodeOf(reply), codesOf(reply)], [RCODE.REFUSED, [EDE_OPTION]])
      }
    }
  }
})
