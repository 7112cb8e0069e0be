import { globSync, readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Target } from './target.ts'

const ROOT = join(import.meta.dirname, '../../..')

/**
 * The lines of the files that a target is about which these inputs reach, counted by V8 in the files as they are: a line
 * of text for each file, with the numbers of those that are not reached.
 */
export async function linesCovered(
  name: string,
  about: readonly string[],
  inputs: readonly Buffer[],
): Promise<string[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const path = pathToFileURL(join(ROOT, `test/fuzz/targets/${name}.ts`)).href
  const { target } = (await import(path)) as { target: Target }
  for (const octets of inputs) await target.run(Buffer.from(octets))
  const { result } = await session.post('Profiler.takePreciseCoverage')
  session.disconnect()
  const files = new Set(about.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort())
  return [...files].map((file) => {
    const script = result.find(({ url }) => url.startsWith('file:') && fileURLToPath(url) === join(ROOT, file))
    const ranges = script?.functions.flatMap((one) => one.ranges) ?? []
    return lineOf(file, ranges)
  })
}

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

// What stands on a line of its own and is never executed.
const NO_CODE = /^\s*(\/\/.*|\/?\*.*|[[\](){},;]*|import .*|export (type|interface) .*|type .*|interface .*)?$/

function lineOf(file: string, ranges: readonly Range[]): string {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const missed: number[] = []
  let lines = 0
  let at = 0
  for (const [i, line] of text.split('\n').entries()) {
    const start = at + line.length - line.trimStart().length
    at += line.length + 1
    if (NO_CODE.test(line)) continue
    lines++
    // Inner ranges come after the outer ones.
    const innermost = ranges
      .filter((one) => one.startOffset <= start && start < one.endOffset)
      .reduce(smaller, undefined)
    if (innermost === undefined || innermost.count === 0) missed.push(i + 1)
  }
  const percent = (100 * (lines - missed.length)) / Math.max(1, lines)
  return `  ${file}: ${percent.toFixed(0)} % of ${lines} lines${missed.length > 0 ? `; not: ${missed.join(', ')}` : ''}`
}

const smaller = (one: Range | undefined, other: Range): Range =>
  one === undefined || other.endOffset - other.startOffset <= one.endOffset - one.startOffset ? other : one
