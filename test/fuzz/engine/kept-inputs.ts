import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

type Kind = 'corpus' | 'found'

/** One input a line, in base64. */
const fileOf = (kind: Kind, target: string): string => join(ROOT, kind, `${target}.txt`)

function linesOf(kind: Kind, target: string): string[] {
  const file = fileOf(kind, target)
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
}

function write(kind: Kind, target: string, lines: readonly string[]): string {
  const file = fileOf(kind, target)
  mkdirSync(join(ROOT, kind), { recursive: true })
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
  return relative(process.cwd(), file)
}

/** The corpus, and what once was a finding. */
export const keptInputs = (target: string): Buffer[] =>
  [...linesOf('corpus', target), ...linesOf('found', target)].map((line) => Buffer.from(line, 'base64'))

/** Takes the place of the corpus that was kept. How many inputs. */
export function keepCorpus(target: string, inputs: readonly Buffer[]): number {
  write(
    'corpus',
    target,
    inputs.map((octets) => octets.toString('base64')),
  )
  return inputs.length
}

/** Where it was written to. From then on it is one of the kept inputs. */
export function keepFinding(target: string, { octets }: { readonly octets: Buffer }): string {
  return write('found', target, [...new Set([...linesOf('found', target), octets.toString('base64')])])
}
