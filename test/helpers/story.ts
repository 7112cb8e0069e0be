import assert from 'node:assert/strict'
import { parseDurationMs } from '../../lib/base/duration.ts'
import { parseName } from '../../lib/dns/name.ts'
import { externalName, type KubernetesObject, node, service, slice } from './objects.ts'
import { directUpstream } from './direct-upstream.ts'
import type { ScriptedUpstream } from './scripted-upstream.ts'
import type { AskOptions } from './scripted-question.ts'
import { expectMany, expectOne, expectRange } from './story-expectations.ts'
import { worldOptionsOf } from './story-options.ts'
import type { Step, StoryText } from './story-text.ts'
import { type Begun, World } from './world.ts'

/**
 * Plays a story: lines of words, each a change of the world, time that passes, or a question with the expected answer
 * indented below it. test/scenarios/README.md lists the words.
 */
export async function playStory({ steps: [first, ...steps] }: StoryText): Promise<void> {
  const stage = new Stage(new World(worldOptionsOf(first?.words.slice(1) ?? [])))
  for (const step of steps) await stage.play(step)
  stage.close()
}

type Look = (words: readonly string[], expected: readonly string[], where: string) => void | Promise<void>

interface Questions {
  readonly count: number
  /** `*` in it stands for another word each time. */
  readonly name: string
  readonly type: string
  readonly options: AskOptions
  readonly everyMs: number
}

/** The world of a story, and the words that change it. */
class Stage {
  readonly #world: World
  readonly #objects = new Map<string, KubernetesObject>()
  #begun: Begun[] = []
  #mark: ReturnType<World['mark']>
  #names = 0

  // What has an outcome.
  readonly #looks: Readonly<Record<string, Look>> = {
    ask: (words, expected, where) => this.#ask(words, expected, where),
    end: (_words, expected, where) => this.#end(expected, where),
    cache: (words, _expected, where) => this.#expectCache(words, where),
    logged: (_words, expected, where) => this.#logged(expected, where),
  }

  readonly #acts: Readonly<Record<string, (words: readonly string[]) => void | Promise<void>>> = {
    begin: (words) => this.#begin(questionsOf(words)),
    pass: ([time = '']) => this.#world.clock.pass(parseDurationMs(time) ?? Number.NaN),
    known: ([how]) => this.#world.directory.know(how as 'live' | 'away' | 'snapshot'),
    listening: () => this.#world.listen(),
    forget: ([name = '', andBelow]) => this.#world.forget(parseName(name), andBelow === 'and-below'),
    upstream: (words) => this.#world.upstreamsOf('.').forEach((one) => directUpstream(one, words)),
    stub: ([domain = '', ...words]) => this.#world.upstreamsOf(domain).forEach((one) => directUpstream(one, words)),
    at: ([name = '', ...words]) => directUpstream(this.#upstream(name), words),
  }

  constructor(world: World) {
    this.#world = world
    this.#mark = world.mark()
  }

  /** Nothing may be left that was not looked at. */
  close(): void {
    assert.equal(this.#begun.length, 0, 'what begins has an end')
    assert.deepEqual(
      this.#world.log.filter((line) => line.startsWith('fault')),
      [],
    )
  }

  async play({ line, words, expected }: Step): Promise<void> {
    const [verb = '', ...rest] = words
    const where = `line ${line}: ${words.join(' ')}`
    const look = this.#looks[verb]
    if (look !== undefined) return look(rest, expected, where)
    if (expected.length > 0) throw new Error(`${where}: nothing is expected here`)
    const act = this.#acts[verb]
    if (act !== undefined) return act(rest)
    this.#change(verb, rest)
    this.#world.cluster(...this.#objects.values())
  }

  async #ask(words: readonly string[], expected: readonly string[], where: string): Promise<void> {
    const questions = questionsOf(words)
    if (/^\d+$/.test(words[0] ?? '')) {
      if (this.#begun.length > 0) throw new Error(`${where}: others are under way, end them first`)
      await this.#begin(questions)
      return this.#end(expected, where)
    }
    const { name, type, options } = questions
    const { asked, tookMs, ...reply } = await this.#world.ask(name, type, options)
    expectOne({ replies: [reply], tookMs: [tookMs], asked }, expected, where)
  }

  async #begin({ count, name, type, options, everyMs }: Questions): Promise<void> {
    if (this.#begun.length === 0) this.#mark = this.#world.mark()
    for (let i = 0; i < count; i++) {
      this.#begun.push(
        this.#world.begin(
          name.replace('*', () => `n${++this.#names}`),
          type,
          options,
        ),
      )
      if (everyMs > 0) await this.#world.clock.pass(everyMs)
    }
  }

  async #end(expected: readonly string[], where: string): Promise<void> {
    const begun = this.#begun
    this.#begun = []
    await this.#world.finish(begun)
    const replies = begun.flatMap(({ reply }) => reply ?? [])
    const tookMs = begun.flatMap(({ tookMs }) => tookMs ?? [])
    expectMany({ replies, tookMs, asked: this.#world.askedSince(this.#mark) }, expected, where)
  }

  #expectCache([range = '', unit = '']: readonly string[], where: string): void {
    const { entries, bytes } = this.#world.cache.sizes
    expectRange(unit === 'bytes' ? bytes : entries, range, where)
  }

  // Each line as it begins, of all since the last time.
  #logged(expected: readonly string[], where: string): void {
    const lines = this.#world.log.splice(0)
    const wanted = expected[0] === 'nothing' ? [] : expected
    const begun = lines.map((line, i) => line.slice(0, wanted[i]?.length))
    assert.deepEqual(begun, wanted, where)
  }

  #upstream(name: string): ScriptedUpstream {
    const upstream = this.#world.upstreams.get(name)
    if (upstream === undefined) throw new Error(`world has no upstream ${name}`)
    return upstream
  }

  #change(verb: string, [first = '', ...rest]: readonly string[]): void {
    if (verb === 'node') this.#objects.set('node', node('n1', first))
    else if (verb === 'service') this.#objects.set(`service ${first}`, service(first, rest.length > 1 ? rest : rest[0]))
    else if (verb === 'external') this.#objects.set(`service ${first}`, externalName(first, rest[0] ?? ''))
    else if (verb === 'slice') this.#objects.set(`slice ${first}`, slice(first, rest))
    else if (verb === 'gone') this.#objects.delete(`${first} ${rest[0] ?? ''}`.trim())
    else if (verb !== 'synced') throw new Error(`a story does not know the word "${verb}"`)
  }
}

// `[COUNT] NAME [TYPE] [+do] [+cd] [+ad] [-rd] [from=IP] [every DURATION]`
function questionsOf(words: readonly string[]): Questions {
  const isMany = /^\d+$/.test(words[0] ?? '')
  const [name = '', ...rest] = words.slice(isMany ? 1 : 0)
  const from = rest.find((word) => word.startsWith('from='))?.slice(5)
  const everyAt = rest.indexOf('every')
  return {
    count: isMany ? Number(words[0]) : 1,
    name,
    type: rest.find((word) => /^[A-Z]/.test(word)) ?? 'A',
    options: {
      dnssecOk: rest.includes('+do'),
      checkingDisabled: rest.includes('+cd'),
      wantsAd: rest.includes('+ad'),
      recursionDesired: !rest.includes('-rd'),
      ...(from !== undefined && { from }),
    },
    everyMs: everyAt < 0 ? 0 : (parseDurationMs(rest[everyAt + 1] ?? '') ?? Number.NaN),
  }
}
