import type { Random } from '../../helpers/packets.ts'
import type { Bundle } from './bundle.ts'
import { Corpus } from './corpus.ts'
import { CoverageMap } from './coverage-map.ts'
import { minimised } from './minimised.ts'
import { Mutator } from './mutator.ts'
import { stretched } from './stretched.ts'

/** An input for which something does not hold. */
export interface Finding {
  readonly octets: Buffer
  readonly error: Error
  /** The same for what is most likely the same fault. */
  readonly kind: string
}

interface Options {
  readonly bundle: Bundle
  readonly random: Random
  /** Now and then inputs as long as this are tried, for what takes longer than their length is worth; 0 for none. */
  readonly longOctets?: number
  /** Told of what is about to be executed. */
  readonly onExecution?: (octets: Buffer) => void
}

const MAX_MS = 5000
const LONG_EVERY = 5000
const NO_OCTETS = Buffer.alloc(0)

/** Executes one input after the other, and goes on from those that showed something new. */
export class Fuzzer {
  readonly corpus = new Corpus()
  readonly coverage: CoverageMap
  readonly findings = new Map<string, Finding>()
  executions = 0
  /** The most of what is allowed that any execution took. */
  stepsShare = 0
  slowestMs = 0
  readonly #options: Options
  readonly #mutator: Mutator

  constructor(options: Options) {
    this.#options = options
    const { target, counters, words } = options.bundle
    this.coverage = new CoverageMap(counters)
    this.#mutator = new Mutator({
      maxOctets: target.maxOctets,
      words: [...new Set([...words, ...(target.words ?? [])])].map((word) => Buffer.from(word)),
    })
  }

  /** Executes these as they are. */
  async begin(inputs: readonly Buffer[]): Promise<void> {
    for (const octets of [NO_OCTETS, ...inputs]) await this.execute(octets)
  }

  /** Executes one that was not executed before, most likely. */
  step(): Promise<void> {
    const { random, longOctets = 0 } = this.#options
    const { corpus } = this
    if (longOctets > 0 && random(LONG_EVERY) === 0)
      return this.#executeLong(stretched(corpus.any(random), longOctets, random))
    return this.execute(this.#mutator.mutate(corpus.pick(random), corpus.any(random), random))
  }

  // None to go on from: they take too long.
  async #executeLong(octets: Buffer): Promise<void> {
    const error = await this.#fault(octets)
    if (error !== undefined) await this.#found(octets, error)
  }

  async execute(octets: Buffer): Promise<void> {
    const error = await this.#fault(octets)
    if (error !== undefined) return this.#found(octets, error)
    const { isNew, isShorter } = this.coverage.look(octets.length)
    if (isNew || isShorter) this.corpus.add(octets, this.coverage.take(octets.length))
  }

  /** A few inputs that enter every block of code that the corpus does, the shortest first. */
  async essential(): Promise<Buffer[]> {
    const seen = new Uint8Array(this.#options.bundle.counters.length)
    const kept: Buffer[] = []
    for (const octets of this.corpus.inputs.toSorted((a, b) => a.length - b.length || a.compare(b))) {
      await this.#fault(octets)
      const before = seen.reduce((sum, one) => sum + one, 0)
      for (const [i, count] of this.#options.bundle.counters.entries()) if (count > 0) seen[i] = 1
      if (seen.reduce((sum, one) => sum + one, 0) > before) kept.push(octets)
    }
    return kept
  }

  async #fault(octets: Buffer): Promise<Error | undefined> {
    const { bundle, onExecution } = this.#options
    const { target } = bundle
    onExecution?.(octets)
    this.executions++
    this.coverage.reset()
    const startedMs = performance.now()
    try {
      // A copy: a target that writes into what it is given must not change the corpus.
      const outcome = target.run(Buffer.from(octets))
      if (outcome !== undefined) await outcome
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
    this.coverage.look(octets.length)
    return this.#tooMuch(octets, performance.now() - startedMs)
  }

  // Steps are the same each time; milliseconds only tell of what is far too slow and has no steps, as within a regular
  // expression.
  #tooMuch(octets: Buffer, tookMs: number): Error | undefined {
    const { target } = this.#options.bundle
    this.slowestMs = Math.max(this.slowestMs, tookMs)
    const allowed = target.steps.base + target.steps.perOctet * octets.length
    this.stepsShare = Math.max(this.stepsShare, this.coverage.steps / allowed)
    if (this.coverage.steps > allowed) return new TooMuch(`more than ${allowed} steps`)
    return tookMs > MAX_MS ? new TooMuch(`more than ${MAX_MS} ms of time`) : undefined
  }

  async #found(octets: Buffer, error: Error): Promise<void> {
    const kind = kindOf(error)
    if (this.findings.has(kind)) return
    this.findings.set(kind, { octets, error, kind })
    const isSame = async (candidate: Buffer) => {
      const fault = await this.#fault(candidate)
      return fault !== undefined && kindOf(fault) === kind
    }
    const smallest = await minimised(octets, isSame)
    this.findings.set(kind, { octets: smallest, error: (await this.#fault(smallest)) ?? error, kind })
  }
}

class TooMuch extends Error {
  override readonly name = 'TooMuch'
}

const FRAMES = 4

/** What it is called, and where it came from. */
function kindOf(error: Error): string {
  if (error instanceof TooMuch) return error.message.replace(/\d+/g, 'N')
  const frames = [...(error.stack ?? '').matchAll(/\n\s+at (\S+ )?[^\n]*-\d+\.mjs:(\d+)/g)].slice(0, FRAMES)
  return [error.name, ...frames.map(([, name = '', line]) => `${name}${line}`)].join(' < ')
}
