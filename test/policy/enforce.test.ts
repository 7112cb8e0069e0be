import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import type { Answer, Resolve } from '../../lib/dns/answer.ts'
import { imageOf } from '../../lib/dns/image.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { parseName } from '../../lib/dns/name.ts'
import { blocking } from '../../lib/policy/block.ts'
import { enforced, ruled } from '../../lib/policy/enforce.ts'
import { withoutAaaa } from '../../lib/policy/no-aaaa.ts'
import { firstVerdict, type PolicyKind } from '../../lib/policy/verdict.ts'
import { answers, question } from './answers.ts'
import { upstreamOf } from './upstream-of.ts'

const verdict = firstVerdict(
  blocking(
    new Map([
      [parseName('ads.example'), 'nxdomain' as const],
      [parseName('quiet.example'), 'nodata' as const],
      [parseName('tracker.example'), 'refuse' as const],
    ]),
  ),
  withoutAaaa([parseName('legacy.example')]),
)

const upstream = upstreamOf(`
  plain.example.org. 300 A 192.0.2.1
  good.example.org.  300 CNAME plain.example.org.
  one.example.org.   300 CNAME cdn.ads.example.
  cdn.ads.example.   300 A 192.0.2.66
  two.example.org.   200 CNAME one.example.org.
  on.example.org.    300 CNAME hop.ads.example.
  hop.ads.example.   300 CNAME plain.example.org.
  quiet.example.org. 300 CNAME a.quiet.example.
  a.quiet.example.   300 A 192.0.2.67
  spied.example.org. 300 CNAME a.tracker.example.
  circle.example.org. 300 CNAME round.example.org.
  round.example.org. 300 CNAME circle.example.org.
  six.example.org.   300 CNAME www.legacy.example.
  www.legacy.example. 300 AAAA 2001:db8::1
  www.legacy.example. 300 A 192.0.2.6
`)

answers(
  enforced(upstream, verdict, () => {}),
  `
plain.example.org. A
  NOERROR
  plain.example.org. 300 A 192.0.2.1
good.example.org. A
  NOERROR
  good.example.org. 300 CNAME plain.example.org.
  plain.example.org. 300 A 192.0.2.1
# Aliases up to the blocked name, in their order, and the block.
one.example.org. A
  NXDOMAIN ede15
  one.example.org. 300 CNAME cdn.ads.example.
  authority ads.example. 60 SOA ads.example. 60
two.example.org. A
  NXDOMAIN ede15
  two.example.org. 200 CNAME one.example.org.
  one.example.org. 300 CNAME cdn.ads.example.
  authority ads.example. 60 SOA ads.example. 60
# Also where it only passes through.
on.example.org. A
  NXDOMAIN ede15
  on.example.org. 300 CNAME hop.ads.example.
  authority ads.example. 60 SOA ads.example. 60
quiet.example.org. A
  NOERROR ede15
  quiet.example.org. 300 CNAME a.quiet.example.
  authority quiet.example. 60 SOA quiet.example. 60
spied.example.org. A
  REFUSED ede15
  spied.example.org. 300 CNAME a.tracker.example.
# Whether the upstream has anything there or not.
one.example.org. TXT
  NXDOMAIN ede15
  one.example.org. 300 CNAME cdn.ads.example.
  authority ads.example. 60 SOA ads.example. 60
# The alias itself is at a name that is not blocked.
one.example.org. CNAME
  NOERROR
  one.example.org. 300 CNAME cdn.ads.example.
# AAAA alone is missing behind an alias.
six.example.org. AAAA
  NOERROR ede17
  six.example.org. 300 CNAME www.legacy.example.
  authority legacy.example. 60 SOA legacy.example. 60
six.example.org. A
  NOERROR
  six.example.org. 300 CNAME www.legacy.example.
  www.legacy.example. 300 A 192.0.2.6
`,
)

const ask = async (resolve: Resolve, name: string) => {
  const query = question(name)
  const answer = await resolve(query)
  assert.ok(answer)
  return { query, answer }
}

test('a circle of aliases is passed on as it came', async () => {
  const { answer } = await ask(
    enforced(upstream, verdict, () => {}),
    'circle.example.org',
  )
  assert.equal(answer.kind, 'relayed')
})

test('what is passed on is the message of the upstream itself', async () => {
  const { query, answer } = await ask(upstream, 'good.example.org')
  const held = enforced(
    async () => answer,
    verdict,
    () => {},
  )
  assert.equal(await held(query), answer)
})

test('an alias beside the answer is none of its own', async () => {
  const { answer } = await ask(upstream, 'plain.example.org')
  assert.equal(answer.kind, 'relayed')
  const beside = packet.encode({
    type: 'response',
    questions: [{ name: 'plain.example.org', type: 'A' }],
    additionals: [{ type: 'CNAME', name: 'plain.example.org', ttl: 300, data: 'cdn.ads.example' }],
  })
  const odd: Answer = { ...answer, message: readMessage(beside) }
  assert.equal(
    await enforced(
      async () => odd,
      verdict,
      () => {},
    )(question('plain.example.org')),
    odd,
  )
})

test('what an answer follows from, it still follows from when it ends at a blocked name', async () => {
  const evidence = [{ slots: [3], generations: [7] }]
  const known: Resolve = async (query) => {
    const answer = await upstream(query)
    return answer && { ...answer, evidence }
  }
  const { answer } = await ask(
    enforced(known, verdict, () => {}),
    'one.example.org',
  )
  assert.deepEqual(answer.evidence, evidence)
})

test('an answer that ends at a blocked name is kept no longer than its aliases', async () => {
  const { query, answer } = await ask(
    enforced(upstream, verdict, () => {}),
    'two.example.org',
  )
  assert.equal(imageOf(query, answer).expiresAtMs, 200_000)
})

test('a stale answer that ends at a blocked name is stale, says so, and is not kept', async () => {
  const stale: Resolve = async (query) => {
    const answer = await upstream(query)
    return answer && { ...answer, isStale: true, cacheable: false, errors: [{ code: 3, text: 'stale' }] }
  }
  const { query, answer } = await ask(
    enforced(stale, verdict, () => {}),
    'one.example.org',
  )
  assert.deepEqual(
    answer.errors.map(({ code }) => code),
    [3, 15],
  )
  assert.equal(answer.isStale, true)
  assert.equal(imageOf(query, answer).expiresAtMs, 0)
})

test('answers of a block may be kept, refusals too', async () => {
  for (const name of ['ads.example', 'quiet.example', 'tracker.example']) {
    const { query, answer } = await ask(
      ruled(verdict, () => {}),
      name,
    )
    assert.equal(imageOf(query, answer).expiresAtMs, Number.POSITIVE_INFINITY, name)
  }
})

test('each ruling is counted by its kind, and nothing else is', async () => {
  const counted: PolicyKind[] = []
  const count = (kind: PolicyKind) => counted.push(kind)
  for (const resolve of [ruled(verdict, count), enforced(upstream, verdict, count)]) {
    for (const name of ['plain.example.org', 'one.example.org', 'x.ads.example', 'quiet.example', 'tracker.example']) {
      await resolve(question(name))
    }
    await resolve(question('six.example.org', 'AAAA'))
    await resolve(question('www.legacy.example', 'AAAA'))
  }
  assert.deepEqual(counted, ['nxdomain', 'nodata', 'refuse', 'noAAAA', 'nxdomain', 'noAAAA'])
})

test('what nobody answers stays so', async () => {
  assert.equal(
    await enforced(
      async () => undefined,
      verdict,
      () => {},
    )(question('one.example.org')),
    undefined,
  )
})
