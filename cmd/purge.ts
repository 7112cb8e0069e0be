import { askControl } from '../lib/control/ask-control.ts'
import type { PurgeDocument } from '../lib/control/cache-verbs.ts'
import { formatName, type Name } from '../lib/dns/name.ts'

interface Options {
  readonly control: string
  readonly name: Name
  readonly below: boolean
  readonly print: (line: string) => void
}

/** Has a running resolver forget what its cache has of a name, and prints how much that was. The exit code. */
export async function purge({ control, name, below, print }: Options): Promise<number> {
  const parameters = { name: formatName(name), below: String(below) }
  for await (const document of askControl({ path: control, method: 'POST', verb: 'purge', parameters }))
    print(report(document as PurgeDocument))
  return 0
}

function report({ name, below, messages }: PurgeDocument): string {
  const what = below ? `${name} and below` : name
  if (messages === 0) return `nothing was kept of ${what}`
  return `forgotten: ${messages} ${messages === 1 ? 'message' : 'messages'} of ${what}`
}
