import assert from 'node:assert/strict'
import { RCODE } from '../../lib/dns/constants.ts'
import { parseName } from '../../lib/dns/name.ts'
import type { Policy } from '../../lib/forward/select.ts'
import { parseDurationMs } from '../../lib/base/duration.ts'
import { externalName, type KubernetesObject, node, service, slice } from './objects.ts'
import type { ScriptedUpstream, UpstreamState } from './scripted-upstream.ts'
import { type Reply, World, type WorldOptions } from './world.ts'

interface Step {
  readonly line: number
  readonly words: readonly string[]
  /** The indented lines below it. */
  readonly expected: readonly string[]
}

/**
 * Plays a story: lines of words, each a change of the world, time that passes, or a question with the expected answer
 * indented below it. test/scenarios/README.md lists the words.
 */
export async function playStory(text: string): Promise<void> {
  const [first, ...steps] = stepsOf(text)
  if (first?.words[0] !== 'world') throw new Error('a story begins with: world')
  const stage = new Stage(new World(optionsOf(first.words.slice(1))))
  for (const step of steps) await stage.play(step)
}

function stepsOf(text: string): Step[] {
  const steps: { line: number; words: string[]; expected: string[] }[] = []
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.replace(/(^|\s)#.*/, '').trimEnd()
    if (line === '') continue
    if (/^\s/.test(line)) steps.at(-1)?.expected.push(line.trim().replace(/\s+/g, ' '))
    else steps.push({ line: i + 1, words: line.split(/\s+/), expected: [] })
  }
  return steps
}

const RCODES: Readonly<Record<string, number>> = RCODE

type ReadOption = (value: string) => Partial<WorldOptions>

const ms = (value: string): number => parseDurationMs(value) ?? 0

const OPTIONS: Readonly<Record<string, ReadOption>> = {
  federations: (value) => ({ federations: Object.fromEntries(value.split(',').map((item) => item.split(':'))) }),
  longOnly: (value) => ({ longOnly: value.split(',') }),
  stubs: (value) => ({ stubs: value.split(',') }),
  scope: (value) => ({ scope: value as 'zone' | 'region' | 'global' }),
  publicNames: (value) => ({ settings: { publicNames: value as 'zone' | 'zone.region' } }),
  style: (value) => ({ settings: { style: value as 'cname' | 'flat' } }),
  ttl: (value) => ({ settings: { ttlSeconds: ms(value) / 1000 } }),
  redirectTtl: (value) => ({ settings: { redirectTtlSeconds: ms(value) / 1000 } }),
  minReady: (value) => ({ health: { minReady: Number(value) } }),
  leaveAfter: (value) => ({ health: { leaveAfterMs: ms(value) } }),
  returnAfter: (value) => ({ health: { returnAfterMs: ms(value) } }),
  upstreams: (value) => ({ upstreams: value.split(',') }),
  publicUpstreams: (value) => ({ publicUpstreams: value === 'yes' }),
  policy: (value) => ({ policy: value as Policy }),
  failover: (value) => ({ failover: value.split(',').map((rcode) => RCODES[rcode] ?? Number.NaN) }),
  minTtl: (value) => ({ lifetimes: { minTtl: ms(value) } }),
  maxTtl: (value) => ({ lifetimes: { maxTtl: ms(value) } }),
  maxNegativeTtl: (value) => ({ lifetimes: { maxNegativeTtl: ms(value) } }),
  maxStale: (value) => ({ maxStaleMs: ms(value) }),
  cacheEntries: (value) => ({ cacheEntries: Number(value) }),
  prefetch: (value) => ({ prefetches: value === 'yes' }),
  keepPositive: (value) => ({ keepPositive: value.split(',') }),
  block: (value) => ({ block: Object.fromEntries(value.split(',').map((item) => item.split(':'))) }),
  noAAAA: (value) => ({ noAAAA: value.split(',') }),
  maxInFlight: (value) => ({ maxInFlight: Number(value) }),
}

function optionsOf(words: readonly string[]): WorldOptions {
  let options: WorldOptions = {}
  for (const word of words) {
    const [key = '', value = ''] = word.split('=')
    const read = OPTIONS[key]
    if (read === undefined) throw new Error(`a world does not know the option "${key}"`)
    const { settings, health, lifetimes, ...others } = read(value)
    options = {
      ...options,
      ...others,
      settings: { ...options.settings, ...settings },
      health: { ...options.health, ...health },
      lifetimes: { ...options.lifetimes, ...lifetimes },
    }
  }
  return options
}

/** The world of a story, and the words that change it. */
class Stage {
  readonly #world: World
  readonly #objects = new Map<string, KubernetesObject>()

  constructor(world: World) {
    this.#world = world
  }

  async play({ line, words, expected }: Step): Promise<void> {
    const [verb = '', first = '', ...rest] = words
    if (verb === 'ask') return this.#ask(first, rest, expected, `line ${line}: ${words.join(' ')}`)
    if (verb === 'forget') return void this.#world.cache.purge(parseName(first), rest[0] === 'and-below')
    if (verb === 'pass') return this.#world.clock.pass(parseDurationMs(first) ?? Number.NaN)
    if (verb === 'known') return this.#world.directory.know(first as 'live' | 'away' | 'snapshot')
    if (verb === 'upstream') return this.#world.upstreams.forEach((one) => direct(one, [first, ...rest]))
    if (verb === 'at') return direct(this.#upstream(first), rest)
    if (verb === 'stub') return direct(this.#stub(first), rest)
    this.#change(verb, first, rest)
    this.#world.cluster(...this.#objects.values())
  }

  async #ask(name: string, words: readonly string[], expected: readonly string[], where: string): Promise<void> {
    const type = words.find((word) => /^[A-Z]/.test(word))
    const [, from] = words.map((word) => /^from=(.+)/.exec(word)).find((match) => match !== null) ?? []
    const reply = await this.#world.ask(name, type, {
      dnssecOk: words.includes('+do'),
      checkingDisabled: words.includes('+cd'),
      recursionDesired: !words.includes('-rd'),
      ...(from !== undefined && { from }),
    })
    expect(reply, expected, where)
  }

  #upstream(name: string): ScriptedUpstream {
    const upstream = this.#world.upstreams.get(name)
    if (upstream === undefined) throw new Error(`world has no upstream ${name}`)
    return upstream
  }

  #stub(domain: string): ScriptedUpstream {
    const stub = this.#world.stubs.get(domain)
    if (stub === undefined) throw new Error(`world has no stub ${domain}`)
    return stub
  }

  #change(verb: string, first: string, rest: readonly string[]): void {
    if (verb === 'node') this.#objects.set('node', node('n1', first))
    else if (verb === 'service') this.#objects.set(`service ${first}`, service(first, rest.length > 1 ? rest : rest[0]))
    else if (verb === 'external') this.#objects.set(`service ${first}`, externalName(first, rest[0] ?? ''))
    else if (verb === 'slice') this.#objects.set(`slice ${first}`, slice(first, rest))
    else if (verb === 'gone') this.#objects.delete(`${first} ${rest[0] ?? ''}`.trim())
    else if (verb !== 'synced') throw new Error(`a story does not know the word "${verb}"`)
  }
}

const STATES: ReadonlySet<string> = new Set(['up', 'silent', 'closed'])

function direct(upstream: ScriptedUpstream, words: readonly string[]): void {
  const [first = '', second = '', third = ''] = words
  if (STATES.has(first)) upstream.state = first as UpstreamState
  else if (first === 'fails') upstream.fail(second, third)
  else if (first === 'without') upstream.remove(second)
  else if (first === 'delay') upstream.delayMs = parseDurationMs(second) ?? 0
  else if (first === 'chases') upstream.chases = second === 'yes'
  else if (first === 'soa') upstream.givesSoa = second === 'yes'
  else upstream.add(words.join(' '))
}

// Only what the story speaks of is compared, but of each part all of it.
function expect(reply: Reply, expected: readonly string[], where: string): void {
  const [status = '', ...lines] = expected
  const kinds = { additional: 'additional ', authority: 'authority ', asked: 'asked ', took: 'took ' }
  const of = (prefix: string) =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length))
  const answer = lines.filter((line) => !Object.values(kinds).some((prefix) => line.startsWith(prefix)))
  const seen = [reply.rcode, ...(reply.aa ? ['aa'] : []), ...reply.ede.map((code) => `ede${code}`)].join(' ')
  assert.deepEqual([seen, ...reply.answer], [status, ...answer], where)
  for (const kind of ['additional', 'authority', 'asked'] as const) {
    const wanted = of(kinds[kind])
    if (wanted.length > 0) assert.deepEqual(reply[kind], wanted[0] === 'nothing' ? [] : wanted, `${where}: ${kind}`)
  }
  const [took] = of(kinds.took)
  if (took !== undefined) assert.equal(reply.tookMs, parseDurationMs(took), `${where}: took`)
}
