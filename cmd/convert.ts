import { readFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { parseCorefile } from '../lib/config/corefile.ts'
import { readFederations } from '../lib/config/federations.ts'
import { formatName, parseName } from '../lib/dns/name.ts'

interface Options {
  readonly file: string
  readonly print: (line: string) => void
  readonly complain: (line: string) => void
}

/** Prints the `federations` of a CoreDNS Corefile as a piece of our configuration. The exit code. */
export async function convertCorefile({ file, print, complain }: Options): Promise<number> {
  const corefile = parseCorefile(await readFile(file, 'utf8'))
  const rules = { clusterDomain: parseName('cluster.local'), bareNames: 'auto' } as const
  const { federations, problems } = readFederations(corefile.federations, rules)
  for (const problem of [...corefile.problems, ...problems]) complain(`${file}: ${problem}`)
  if (corefile.problems.length + problems.length > 0) return 1
  const domains = [...federations.values()].map(({ name, domain }) => [name, formatName(domain).slice(0, -1)])
  print(stringify({ federations: Object.fromEntries(domains) }).trimEnd())
  return 0
}
