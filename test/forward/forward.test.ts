import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet, { type Answer } from 'dns-packet'
import { systemClock } from '../../lib/base/clock.ts'
import { cryptoRandom16 } from '../../lib/base/random.ts'
import type { Answer as OurAnswer, Query, Resolve } from '../../lib/dns/answer.ts'
import { RCODE, TYPE } from '../../lib/dns/constants.ts'
import { parseName, ROOT } from '../../lib/dns/name.ts'
import { sectionsOf } from '../../lib/dns/relayed-records.ts'
import { Forwarding } from '../../lib/forward/forwarding.ts'
import { MessageCache } from '../../lib/forward/message-cache.ts'
import { StreamPool } from '../../lib/forward/transport/stream-pool.ts'
import { tcpConnector } from '../../lib/forward/transport/tcp-connector.ts'
import { newTransportCounters } from '../../lib/forward/transport/transport.ts'
import { UdpTransport } from '../../lib/forward/transport/udp-transport.ts'
import { upstreamOver } from '../../lib/forward/upstream-over.ts'
import { type LoopbackUpstream, loopbackUpstream } from '../helpers/loopback-upstream.ts'

// Real sockets on the loopback interface, real time: how queries travel to upstreams and back.

const A = (name: string, data: string, ttl = 60): Answer => ({ type: 'A', name, ttl, data })

function reply(query: Buffer, parts: Partial<packet.Packet> = {}): Buffer {
  const { id = 0, questions = [], flags = 0 } = packet.decode(query)
  const given = parts.flags ?? 0
  return packet.encode({ type: 'response', id, questions, ...parts, flags: flags | packet.RECURSION_AVAILABLE | given })
}

const answerWith = (address: string) => (query: Buffer) => [reply(query, { answers: [A('www.example.org', address)] })]

const counters = newTransportCounters()

function forwardTo(...servers: readonly { host: string; port: number }[]): Resolve {
  const clock = systemClock
  const upstreams = servers.map((server) => {
    const tcp = new StreamPool({ connector: tcpConnector(server), clock, counters, limits: { idleMs: 100 } })
    const udp = new UdpTransport({ server, tcp, matchCase: false, counters })
    return upstreamOver({ label: `${server.host}:${server.port}`, isPublic: false, isReliable: false }, udp)
  })
  const forwarding = new Forwarding({
    cache: new MessageCache({ maxEntries: 100, maxBytes: 1_000_000, maxStaleMs: 86_400_000 }),
    lifetimes: { minTtl: 0, maxTtl: 86_400_000, maxNegativeTtl: 3_600_000 },
    keepPositive: [],
    failover: [RCODE.SERVFAIL, RCODE.REFUSED, RCODE.NOTIMP, RCODE.FORMERR],
    clock,
    random: cryptoRandom16(),
    randomizeCase: false,
    trustAd: new Set(),
    maxWaiting: 4096,
    onOverload: () => {},
    onExchange: () => {},
    onSilent: () => {},
    onDown: () => {},
    onBack: () => {},
  })
  return forwarding.by(() => ({ domain: ROOT, policy: 'sequential', upstreams }))
}

const question = (name = 'www.example.org', type: number = TYPE.A): Query => ({
  name: parseName(name),
  type,
  dnssecOk: false,
  checkingDisabled: false,
  recursionDesired: true,
  deadlineMs: systemClock.now() + 1800,
})

async function ask(resolve: Resolve, query = question()): Promise<OurAnswer> {
  const answer = await resolve(query)
  assert.ok(answer)
  return answer
}

const addresses = (answer: OurAnswer): string[] =>
  sectionsOf(answer).answer.flatMap(({ rdata: [piece] }) =>
    piece && 'octets' in piece ? [piece.octets.join('.')] : [],
  )

const idsAndPorts = ({ asked }: LoopbackUpstream) =>
  asked.map(({ query, fromPort }) => `${query.readUInt16BE(0)} ${fromPort}`)

test('each query has an id and a source port of its own', async () => {
  await using upstream = await loopbackUpstream(answerWith('192.0.2.1'))
  const forward = forwardTo(upstream)
  for (let i = 0; i < 30; i++) await ask(forward, question(`n${i}.example.org`))
  const ids = new Set(upstream.asked.map(({ query }) => query.readUInt16BE(0)))
  const ports = new Set(upstream.asked.map(({ fromPort }) => fromPort))
  assert.ok(ids.size >= 29, `${ids.size} ids`)
  assert.ok(ports.size >= 25, `${ports.size} ports`)
})

test('the query that goes upstream has one question, RD and an OPT of ours', async () => {
  await using upstream = await loopbackUpstream(answerWith('192.0.2.1'))
  await ask(forwardTo(upstream), { ...question(), dnssecOk: true, checkingDisabled: true })
  const { flags = 0, questions, additionals = [] } = packet.decode(upstream.asked[0]?.query ?? Buffer.alloc(0))
  assert.deepEqual(questions, [{ name: 'www.example.org', type: 'A', class: 'IN' }])
  assert.equal(flags & packet.RECURSION_DESIRED, packet.RECURSION_DESIRED)
  assert.equal(flags & packet.CHECKING_DISABLED, packet.CHECKING_DISABLED)
  const [opt] = additionals
  assert.ok(opt?.type === 'OPT' && opt.udpPayloadSize === 1232 && opt.flag_do)
})

test('replies with another id or question are waited past', async () => {
  await using upstream = await loopbackUpstream((query) => {
    const wrongId = reply(query, { answers: [A('www.example.org', '192.0.2.66')] })
    wrongId.writeUInt16BE(query.readUInt16BE(0) ^ 1, 0)
    const otherName = reply(query, {
      questions: [{ type: 'A', name: 'www.example.net' }],
      answers: [A('www.example.net', '192.0.2.66')],
    })
    const otherType = reply(query, { questions: [{ type: 'AAAA', name: 'www.example.org' }] })
    const aQuery = Buffer.from(query)
    const right = reply(query, { answers: [A('www.example.org', '192.0.2.1')] })
    return [wrongId, otherName, otherType, aQuery, Buffer.from('junk'), right]
  })
  assert.deepEqual(addresses(await ask(forwardTo(upstream))), ['192.0.2.1'])
  assert.equal(counters.mismatches > 0, true)
  // Somebody may be guessing: the question has moved to where that is hard.
  assert.deepEqual(
    upstream.asked.map(({ transport }) => transport),
    ['udp', 'tcp'],
  )
})

test('a reply from another port than the one that was asked is not heard', async () => {
  await using upstream = await loopbackUpstream(async (query) => {
    await upstream.forge(reply(query, { answers: [A('www.example.org', '192.0.2.66')] }))
    await new Promise((resolve) => setTimeout(resolve, 20))
    return [reply(query, { answers: [A('www.example.org', '192.0.2.1')] })]
  })
  assert.deepEqual(addresses(await ask(forwardTo(upstream))), ['192.0.2.1'])
})

test('a truncated reply is asked for again over TCP', async () => {
  const answers = Array.from({ length: 200 }, (_, i) => A('www.example.org', `192.0.2.${i}`))
  await using upstream = await loopbackUpstream((query, transport) => [
    transport === 'udp' ? reply(query, { flags: packet.TRUNCATED_RESPONSE }) : reply(query, { answers }),
  ])
  assert.equal(addresses(await ask(forwardTo(upstream))).length, 200)
  assert.deepEqual(
    upstream.asked.map(({ transport }) => transport),
    ['udp', 'tcp'],
  )
})

test('a closed port, SERVFAIL, REFUSED and a broken reply each pass the question to the next upstream at once', async () => {
  await using good = await loopbackUpstream(answerWith('192.0.2.1'))
  const gone = await loopbackUpstream(() => [])
  await gone[Symbol.asyncDispose]()
  await using failing = await loopbackUpstream((query) => [reply(query, { flags: RCODE.SERVFAIL })])
  await using refusing = await loopbackUpstream((query) => [reply(query, { flags: RCODE.REFUSED })])
  await using broken = await loopbackUpstream((query) => {
    const whole = reply(query, { answers: [A('www.example.org', '192.0.2.66')] })
    whole.writeUInt16BE(5, whole.length - 6) // RDLENGTH of an A record
    return [whole]
  })
  for (const first of [gone, failing, refusing, broken]) {
    const startedMs = systemClock.now()
    assert.deepEqual(addresses(await ask(forwardTo(first, good))), ['192.0.2.1'])
    // Not after the patience for a silent one, which is 500 ms.
    assert.ok(systemClock.now() - startedMs < 400)
  }
})

test('a silent upstream is passed over, and a late reply of it still counts', async () => {
  await using silent = await loopbackUpstream(() => [])
  await using good = await loopbackUpstream(answerWith('192.0.2.1'))
  assert.deepEqual(addresses(await ask(forwardTo(silent, good))), ['192.0.2.1'])
  await using slow = await loopbackUpstream(async (query) => {
    await new Promise((resolve) => setTimeout(resolve, 700))
    return answerWith('192.0.2.2')(query)
  })
  assert.deepEqual(addresses(await ask(forwardTo(slow, silent))), ['192.0.2.2'])
})

test('when all upstreams fail, the failure of one is passed on, with the reason', async () => {
  await using failing = await loopbackUpstream((query) => [reply(query, { flags: RCODE.SERVFAIL })])
  const answer = await ask(forwardTo(failing))
  assert.equal(answer.rcode, RCODE.SERVFAIL)
  assert.deepEqual(
    answer.errors.map(({ code }) => code),
    [22],
  )
})

test('an upstream that does not know EDNS is asked without it', async () => {
  await using old = await loopbackUpstream((query) => {
    const knows = (packet.decode(query).additionals ?? []).length === 0
    return knows ? answerWith('192.0.2.1')(query) : [reply(query, { flags: RCODE.FORMERR })]
  })
  assert.deepEqual(addresses(await ask(forwardTo(old))), ['192.0.2.1'])
  assert.equal(new Set(idsAndPorts(old)).size, 2)
})

test('a thousand identical questions at a time are asked once', async () => {
  await using upstream = await loopbackUpstream(async (query) => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return answerWith('192.0.2.1')(query)
  })
  const forward = forwardTo(upstream)
  const answers = await Promise.all(Array.from({ length: 1000 }, () => ask(forward)))
  assert.ok(answers.every((answer) => addresses(answer)[0] === '192.0.2.1'))
  assert.equal(upstream.asked.length, 1)
})

test('DO and CD are kept apart', async () => {
  await using upstream = await loopbackUpstream(answerWith('192.0.2.1'))
  const forward = forwardTo(upstream)
  for (let turn = 0; turn < 2; turn++) {
    for (const dnssecOk of [false, true]) {
      for (const checkingDisabled of [false, true]) await ask(forward, { ...question(), dnssecOk, checkingDisabled })
    }
  }
  assert.equal(upstream.asked.length, 4)
})

test('what nobody knows passes through octet for octet', async () => {
  // Pointers in the RDATA of an unknown type are no pointers (RFC 3597); records in all sections, one of another class.
  const records = Buffer.from('c00cff00000100000e100006c00c00ff0102', 'hex')
  const chaos = Buffer.from('01610000100003000000000004036f6e65', 'hex')
  const body = (query: Buffer) => {
    const head = reply(query, {})
    const bytes = Buffer.concat([head, records, chaos])
    bytes.writeUInt16BE(1, 6)
    bytes.writeUInt16BE(1, 10)
    return bytes
  }
  await using upstream = await loopbackUpstream((query) => [body(query)])
  const answer = await ask(forwardTo(upstream), question('www.example.org', 65_280))
  assert.ok(answer.kind === 'relayed')
  const sent = body(upstream.asked[0]?.query ?? Buffer.alloc(0))
  assert.deepEqual(answer.message.bytes.subarray(4), sent.subarray(4))
})

test('a query without RD is answered from the cache only', async () => {
  await using upstream = await loopbackUpstream(answerWith('192.0.2.1'))
  const forward = forwardTo(upstream)
  const withoutRd = { ...question(), recursionDesired: false }
  assert.equal((await ask(forward, withoutRd)).rcode, RCODE.REFUSED)
  await ask(forward)
  assert.deepEqual(addresses(await ask(forward, withoutRd)), ['192.0.2.1'])
  assert.equal(upstream.asked.length, 1)
})

test('IPv6 upstreams are asked as well', async () => {
  await using upstream = await loopbackUpstream(answerWith('192.0.2.1'), '::1')
  assert.deepEqual(addresses(await ask(forwardTo(upstream))), ['192.0.2.1'])
})
