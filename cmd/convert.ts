import { readFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { parseCorefile } from '../lib/config/corefile.ts'

interface Options {
  readonly file: string
  readonly print: (line: string) => void
  readonly complain: (line: string) => void
}

/** Prints the `federations` of a CoreDNS Corefile as a piece of our configuration. The exit code. */
export async function convertCorefile({ file, print, complain }: Options): Promise<number> {
  const { federations, problems } = parseCorefile(await readFile(file, 'utf8'))
  for (const problem of problems) complain(`${file}: ${problem}`)
  if (problems.length > 0) return 1
  print(stringify({ federations: Object.fromEntries(federations) }).trimEnd())
  return 0
}
