import assert from 'node:assert/strict'
import { parseDurationMs } from '../../lib/base/duration.ts'
import type { SeenReply } from './scripted-question.ts'

/** What came of one question, or of several. */
export interface Outcome {
  readonly replies: readonly SeenReply[]
  readonly tookMs: readonly number[]
  readonly asked: readonly string[]
}

const SECTIONS = ['additional', 'authority'] as const
const KINDS = [...SECTIONS, 'asked', 'asks', 'share', 'took', 'because']

const isOfKind = (line: string, kind: string): boolean => line.startsWith(`${kind} `)

/** Compares one answer. Only what the story speaks of is compared, but of each part all of it. */
export function expectOne(outcome: Outcome, expected: readonly string[], where: string): void {
  const [reply] = outcome.replies
  const lines = expected.filter((line) => !KINDS.some((kind) => isOfKind(line, kind)))
  const [status = '', ...answer] = lines
  const seen = reply && statusOf(reply)
  // Where the status is as told, with or without what may be missing, it is not what is wrong.
  const wanted = seen !== undefined && isStatus(status, seen) ? seen : status
  assert.deepEqual(reply && [seen, ...reply.answer], [wanted, ...answer], where)
  for (const kind of SECTIONS) {
    const wanted = of(kind, expected)
    if (wanted.length > 0) assert.deepEqual(reply?.[kind], wanted[0] === 'nothing' ? [] : wanted, `${where}: ${kind}`)
  }
  expectReasons(reply?.reasons ?? [], of('because', expected), where)
  expectAround(outcome, expected, where)
}

function expectReasons(reasons: readonly string[], expected: readonly string[], where: string): void {
  for (const text of expected) {
    const isThere = reasons.some((reason) => reason.includes(text))
    assert.ok(isThere, `${where}: because: ${reasons.join('; ')}`)
  }
}

/** Compares many answers: how many there are of each kind. */
export function expectMany(outcome: Outcome, expected: readonly string[], where: string): void {
  const counts = new Map<string, number>()
  for (const reply of outcome.replies) {
    const status = statusOf(reply).replace(/^NOERROR/, reply.answer.length === 0 ? 'NODATA' : 'NOERROR')
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  const lines = expected.filter((line) => !KINDS.some((kind) => isOfKind(line, kind)))
  const wanted = lines.map((line) => ({ range: line.split(' ')[0] ?? '', status: line.replace(/^\S+ /, '') }))
  const seen = [...counts].map(([status, count]) => `${count} ${status}`).join(', ')
  for (const { status, range } of wanted) {
    const own = [...counts].filter(([one]) => isStatus(status, one)).map(([, count]) => count)
    const sum = own.reduce((total, count) => total + count, 0)
    expectRange(sum, range, `${where}: ${status} of: ${seen}`)
  }
  const others = [...counts.keys()].filter((one) => !wanted.some(({ status }) => isStatus(status, one)))
  assert.deepEqual(others, [], `${where}: of: ${seen}`)
  expectAround(outcome, expected, where)
}

/** `3`, `2..4`. */
export function expectRange(value: number, range: string, where: string): void {
  const [least = Number.NaN, most = least] = range
    .split('..')
    .map((text) => parseDurationMs(text) ?? Number(text.replace('%', '')))
  assert.ok(value >= least && value <= most, `${where}: ${value}, expected ${range}`)
}

function expectAround({ asked, tookMs }: Outcome, expected: readonly string[], where: string): void {
  const wanted = of('asked', expected)
  if (wanted.length > 0) assert.deepEqual(asked, wanted[0] === 'nothing' ? [] : wanted, `${where}: asked`)
  for (const range of of('asks', expected)) expectRange(asked.length, range, `${where}: asks`)
  for (const range of of('took', expected)) for (const ms of tookMs) expectRange(ms, range, `${where}: took`)
  for (const share of of('share', expected)) {
    const [label = '', range = ''] = share.split(' ')
    const own = asked.filter((line) => line.startsWith(`${label} `)).length
    assert.ok(asked.length > 0, `${where}: nobody was asked`)
    expectRange(Math.round((1000 * own) / asked.length) / 10, range, `${where}: share of ${label} in %`)
  }
}

const of = (kind: string, lines: readonly string[]): string[] =>
  lines.filter((line) => isOfKind(line, kind)).map((line) => line.slice(kind.length + 1))

// `NOERROR ede3 ede22?`: the last one may be missing.
function isStatus(wanted: string, seen: string): boolean {
  const words = wanted.split(' ').map((word) => (word.endsWith('?') ? `( ${word.slice(0, -1)})?` : ` ${word}`))
  return new RegExp(`^${words.join('')}$`).test(` ${seen}`)
}

const statusOf = ({ rcode, aa, ad, cd, ede }: SeenReply): string =>
  [rcode, aa && 'aa', ad && 'ad', cd && 'cd', ...ede.map((code) => `ede${code}`)].filter(Boolean).join(' ')
