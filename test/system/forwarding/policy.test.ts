import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { explained } from './explained.ts'
import { NameServer } from './name-server.ts'
import { reloadWith, resolverWith } from './resolver-with.ts'

const TRANSPORTS = ['udp', 'tcp'] as const
const KINDS = { 'nx.example': 'nxdomain', 'empty.example': 'nodata', 'no.example': 'refuse' }
const NAMES = ['nx.example', 'www.nx.example', 'www.empty.example', 'www.no.example', 'www.fine.example']

test('names are blocked from the reload that blocks them on, also those that are cached, until another one', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  const forward = { upstreams: [upstream.place] }
  await using resolver = await resolverWith(folder, { forward })
  const replies = async (transport: 'udp' | 'tcp') => {
    const seen = []
    for (const name of NAMES) {
      const { rcode, answer, errors } = await explained(resolver, `${name} A`, transport)
      seen.push([rcode, answer.length, ...errors.map((error) => error.split(' ')[0])].join(' '))
    }
    return seen
  }
  const open = NAMES.map(() => 'NOERROR 1')
  const asked = () => NAMES.map((name) => upstream.timesAsked(name))
  await replies('udp')
  const before = asked()
  const blocked = ['NXDOMAIN 0 15', 'NXDOMAIN 0 15', 'NOERROR 0 15', 'REFUSED 0 15', 'NOERROR 1']
  for (const [i, expected] of [open, blocked, open, blocked].entries()) {
    if (i > 0) await reloadWith(resolver, folder, { forward, policy: expected === blocked ? { block: KINDS } : {} })
    // Twice each: the second time of the finished answers.
    for (const transport of [...TRANSPORTS, ...TRANSPORTS])
      assert.deepEqual(await replies(transport), expected, transport)
  }
  // What was cached of them was not lost on the way.
  assert.deepEqual(asked(), before)
})

test('who is no longer let in is refused, also for what is cached', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  const forward = { upstreams: [upstream.place] }
  await using resolver = await resolverWith(folder, { forward })
  for (const transport of TRANSPORTS) assert.equal((await explained(resolver, 'a.example', transport)).rcode, 'NOERROR')
  const before = upstream.timesAsked('a.example')
  await reloadWith(resolver, folder, { forward, acl: { allow: ['10.0.0.0/8'] } })
  for (const transport of TRANSPORTS) {
    const { rcode, answer } = await explained(resolver, 'a.example', transport)
    assert.deepEqual([rcode, answer], ['REFUSED', []])
  }
  await reloadWith(resolver, folder, { forward })
  for (const transport of TRANSPORTS) assert.equal((await explained(resolver, 'a.example', transport)).rcode, 'NOERROR')
  assert.equal(upstream.timesAsked('a.example'), before)
})

test('AAAA is withheld where the policy says so, and all other types are answered', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  const forward = { upstreams: [upstream.place] }
  await using resolver = await resolverWith(folder, { forward, policy: { noAAAA: ['legacy.example'] } })
  for (const transport of TRANSPORTS) {
    const withheld = await explained(resolver, 'www.legacy.example AAAA', transport)
    assert.deepEqual([withheld.rcode, withheld.answer, withheld.errors.length], ['NOERROR', [], 1])
    assert.match(withheld.errors.join(), /^17 /)
    assert.equal((await explained(resolver, 'www.legacy.example A', transport)).answer.length, 1)
  }
})

test('special-use names that mean this host or nobody are answered here, on every transport', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  await using resolver = await resolverWith(folder, { forward: { upstreams: [upstream.place] } })
  for (const transport of TRANSPORTS) {
    for (const [question, rcode, answer] of [
      ['localhost A', 'NOERROR', ['localhost. A 127.0.0.1']],
      ['www.localhost AAAA', 'NOERROR', ['www.localhost. AAAA ::1']],
      ['www.invalid A', 'NXDOMAIN', []],
    ] as const) {
      const reply = await explained(resolver, question, transport)
      assert.deepEqual([reply.rcode, reply.answer], [rcode, answer], question)
    }
  }
  assert.deepEqual(upstream.asked, [])
})
