import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missing } from '../peers/missing.ts'
import { disagreement } from './decoders.ts'
import { limitOf } from './exchange.ts'
import { Interrogation } from './interrogation.ts'
import { questionText } from './question.ts'
import { cacheQuestionsOf, questionsOf } from './questions.ts'
import type { Case } from './rule.ts'
import { RULES_AGAINST_SOURCE } from './rules-source.ts'
import { RULES_AGAINST_UNBOUND } from './rules-unbound.ts'
import { startServers } from './servers.ts'
import { fromSource, fromUnbound, Verdicts } from './verdicts.ts'
import type { WireMessage } from './wire.ts'
import { zonesOf } from './zones.ts'

const SEED = 2026
// And a tenth of them again, and 200 that nobody asked, by clients that want only what is in the cache.
const ASKED = 18_000
const SHOWN = 20

const skip = missing('nsd', 'unbound') ?? false

test('20,000 questions to us and to Unbound, both in front of the same NSD', { skip }, async (t) => {
  const zones = zonesOf(SEED)
  const questions = questionsOf(zones, SEED, ASKED)
  const startedMs = Date.now()
  await using servers = await startServers(zones)
  await using interrogation = await Interrogation.open(servers)
  const unbound = new Verdicts(RULES_AGAINST_UNBOUND)
  const source = new Verdicts(RULES_AGAINST_SOURCE)
  const misread: string[] = []
  const read = new WeakSet<WireMessage>()
  const tooLarge: string[] = []
  const counts = { all: 0, askedBefore: 0, truncated: 0 }

  const onCase = (of: Case): void => {
    const { question, first, whole } = of.ours
    const elapsedSeconds = (Date.now() - startedMs) / 1000 + 1
    counts.all++
    if (of.isKnown) counts.askedBefore++
    if (first !== whole) counts.truncated++
    unbound.judge(of, fromUnbound(of, elapsedSeconds))
    source.judge(of, fromSource(of, elapsedSeconds))
    for (const reply of [first, whole, of.unbound.whole, of.source]) {
      const fault = read.has(reply) ? undefined : disagreement(reply)
      read.add(reply)
      if (fault !== undefined) misread.push(`${questionText(question)}: ${fault}`)
    }
    if (!question.overTcp && first.octets.length > limitOf(question)) tooLarge.push(questionText(question))
  }
  await interrogation.ask(questions, onCase)
  await interrogation.ask(cacheQuestionsOf(questions), onCase)

  t.diagnostic(`${counts.all} questions, ${counts.askedBefore} asked before, ${counts.truncated} again over TCP`)
  t.diagnostic(`sent once more: ${interrogation.repeated}`)
  for (const [title, verdicts] of [
    ['Unbound', unbound],
    ['NSD', source],
  ] as const) {
    for (const [{ name }, count] of verdicts.counts) t.diagnostic(`other than ${title}, ${name}: ${count}`)
  }

  await t.test('all were asked', () => assert.equal(counts.all, 20_000))
  await t.test('what NSD says reaches the client', () => assert.equal(source.unexplained, ''))
  await t.test('a rule explains each difference from Unbound', () => assert.equal(unbound.unexplained, ''))
  await t.test('each rule explains something', () => assert.deepEqual([...source.unused, ...unbound.unused], []))
  await t.test('every reply means the same to three decoders', () => assert.deepEqual(misread.slice(0, SHOWN), []))
  await t.test('no reply over UDP is larger than the client takes', () =>
    assert.deepEqual(tooLarge.slice(0, SHOWN), []),
  )
})
