import { seededRandom } from '../../helpers/packets.ts'
import { bundled } from './bundle.ts'
import { Fuzzer } from './fuzzer.ts'
import { keepCorpus, keepFinding, keptInputs } from './kept-inputs.ts'
import { linesCovered } from './lines-covered.ts'
import { watchdog } from './watchdog.ts'

export interface SessionOptions {
  /** Of the processor. */
  readonly maxSeconds: number
  readonly maxExecutions: number
  readonly seed: number
  /** Whether the corpus takes the place of the one that is kept. */
  readonly keepsCorpus: boolean
  readonly say: (line: string) => void
  readonly isStopped: () => boolean
}

const REPORT_EVERY_MS = 30_000
const EXECUTIONS_A_TURN = 256

/** Fuzzes one target until it has had its time, and tells how it goes. How many findings there are. */
export async function session(name: string, options: SessionOptions): Promise<number> {
  const { maxExecutions, seed, keepsCorpus, say } = options
  const bundle = await bundled(name)
  const dog = watchdog(name)
  const { longOctets } = bundle.target
  const fuzzer = new Fuzzer({ bundle, random: seededRandom(seed), longOctets, onExecution: dog.sees })
  const report = new Report(name, fuzzer, say)
  await fuzzer.begin([...bundle.target.seeds, ...keptInputs(name)])
  report.tell()
  while (fuzzer.executions < maxExecutions) {
    for (let left = EXECUTIONS_A_TURN; left > 0 && fuzzer.executions < maxExecutions; left--) await fuzzer.step()
    await new Promise((resolve) => void setImmediate(resolve))
    if (options.isStopped() || report.seconds >= options.maxSeconds) break
    report.tellIfDue()
  }
  report.tell()
  await dog.close()
  if (keepsCorpus) say(`${name}: ${keepCorpus(name, await fuzzer.essential())} inputs kept`)
  for (const line of await linesCovered(name, bundle.target.about, fuzzer.corpus.inputs)) say(line)
  return fuzzer.findings.size
}

class Report {
  readonly #name: string
  readonly #fuzzer: Fuzzer
  readonly #say: (line: string) => void
  readonly #startedSeconds = cpuSeconds()
  #toldMs = 0
  #findings = 0

  constructor(name: string, fuzzer: Fuzzer, say: (line: string) => void) {
    this.#name = name
    this.#fuzzer = fuzzer
    this.#say = say
  }

  get seconds(): number {
    return cpuSeconds() - this.#startedSeconds
  }

  tellIfDue(): void {
    if (Date.now() - this.#toldMs >= REPORT_EVERY_MS || this.#fuzzer.findings.size > this.#findings) this.tell()
  }

  // New findings are kept at once.
  tell(): void {
    const { coverage, corpus, findings, executions, stepsShare, slowestMs } = this.#fuzzer
    this.#toldMs = Date.now()
    const { seconds } = this
    this.#say(
      [
        `${this.#name}: ${executions} executions in ${seconds.toFixed(0)} s of CPU (${Math.round(executions / seconds)}/s)`,
        `${coverage.blocks} blocks, ${coverage.features} features, corpus ${corpus.size}`,
        `at most ${Math.ceil(100 * stepsShare)} % of the steps allowed and ${slowestMs.toFixed(0)} ms for one`,
        `findings ${findings.size}`,
      ].join(', '),
    )
    for (const finding of [...findings.values()].slice(this.#findings)) {
      const path = keepFinding(this.#name, finding)
      this.#say(`\nFOUND ${path}\n${finding.octets.toString('hex')}\n${finding.error.stack}\n`)
    }
    this.#findings = findings.size
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
