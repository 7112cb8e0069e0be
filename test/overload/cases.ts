import { writeFile } from 'node:fs/promises'

const KNOWN_NAMES = 1000
const PROBED_NAMES = 10

/** What is asked for. */
export interface Case {
  readonly id: string
  /** Of a hundred questions: those that no cache can know the answer to. */
  readonly missPercent: number
  /** Of the server's core something else takes that: dnsperf, on one, cannot ask for twice as much as a whole one answers. */
  readonly takenShare: number
}

export const CASES: readonly Case[] = [
  { id: 'hits', missPercent: 0, takenShare: 0.75 },
  { id: 'mixed', missPercent: 20, takenShare: 0.75 },
  { id: 'misses', missPercent: 100, takenShare: 0.5 },
]

const nameOf = (i: number): string => `k${i % KNOWN_NAMES}.known.example`

/** Of a small client, which asks for a few of the known names. */
export const probedName = (i: number): string => nameOf(i % PROBED_NAMES)

let run = 0

/** So many questions, as dnsperf reads them. The names of misses were in no file before. */
export async function writeQuestions(file: string, count: number, { missPercent }: Case): Promise<void> {
  run++
  const lines = Array.from({ length: count }, (_, i) =>
    (i * missPercent) % 100 < missPercent ? `n${run}-${i}.new.example A\n` : `${nameOf(i)} A\n`,
  )
  await writeFile(file, lines.join(''))
}
