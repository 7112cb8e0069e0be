import { parseDurationMs } from '../../lib/base/duration.ts'
import type { ScriptedUpstream, UpstreamState } from './scripted-upstream.ts'

const STATES: ReadonlySet<string> = new Set(['up', 'silent', 'closed', 'leads-back'])

const DIRECTIONS: Readonly<Record<string, (upstream: ScriptedUpstream, first: string, second: string) => void>> = {
  works: (upstream) => upstream.work(),
  fails: (upstream, name, rcode) => upstream.fail(name, rcode),
  explains: (upstream, name, code) => upstream.explain(name, Number(code.replace('ede', ''))),
  ignores: (upstream, name) => upstream.ignore(name),
  bogus: (upstream, name) => upstream.bogus(name),
  without: (upstream, name) => upstream.remove(name),
  delay: (upstream, delay) => (upstream.delayMs = parseDurationMs(delay) ?? Number.NaN),
  loses: (upstream, share) => (upstream.loss = Number.parseFloat(share) / 100),
  chases: (upstream, yes) => (upstream.zone.chases = yes === 'yes'),
  edns: (upstream, yes) => (upstream.knowsEdns = yes === 'yes'),
  signs: (upstream, yes) => (upstream.signs = yes === 'yes'),
  soa: (upstream, ttl, minimum) => {
    upstream.givesSoa = ttl !== 'no'
    if (minimum === '') return
    upstream.zone.soaTtlSeconds = Number(ttl)
    upstream.zone.soaMinimumSeconds = Number(minimum)
  },
}

/** Tells an upstream how to behave, in words of a story. */
export function directUpstream(upstream: ScriptedUpstream, words: readonly string[]): void {
  const [first = '', second = '', third = ''] = words
  const known = DIRECTIONS[first]
  if (STATES.has(first)) upstream.state = first as UpstreamState
  else if (known !== undefined) known(upstream, second, third)
  else if (/^\d+$/.test(second)) upstream.zone.add(words.join(' '))
  else throw new Error(`an upstream cannot be told "${words.join(' ')}"`)
}
