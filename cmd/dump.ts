import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf } from '../lib/base/error-text.ts'
import { asciiJson } from '../lib/control/ascii-json.ts'
import { askControl } from '../lib/control/ask-control.ts'
import type { EntryDocument } from '../lib/control/cache-verbs.ts'
import { presentEntries } from '../lib/control/present-entries.ts'
import { formatName, type Name } from '../lib/dns/name.ts'

interface Options {
  readonly control: string
  /** Only this name and those below it. */
  readonly name: Name | undefined
  readonly json: boolean
  readonly out: Writable
}

const ALIGNED_TOGETHER = 1000

/** Prints what the cache of a running resolver has, no faster than it is read. The exit code. */
export async function dump({ control, name, json, out }: Options): Promise<number> {
  const below = name === undefined ? undefined : formatName(name)
  const parameters: Record<string, string> = below === undefined ? {} : { name: below }
  const entries = askControl({ path: control, method: 'GET', verb: 'dump', parameters })
  const text = json ? asJson(entries) : asText(entries, below)
  try {
    await pipeline(text, out, { end: false })
  } catch (error) {
    // Such as `head`, which has enough.
    if (codeOf(error) !== 'EPIPE') throw error
  }
  return 0
}

async function* asJson(entries: AsyncIterable<unknown>): AsyncIterable<string> {
  for await (const entry of entries) yield `${asciiJson(entry)}\n`
}

async function* asText(entries: AsyncIterable<unknown>, below: string | undefined): AsyncIterable<string> {
  let isEmpty = true
  let together: EntryDocument[] = []
  for await (const entry of entries) {
    isEmpty = false
    together.push(entry as EntryDocument)
    if (together.length < ALIGNED_TOGETHER) continue
    yield lines(together)
    together = []
  }
  if (isEmpty) yield below === undefined ? '; nothing is kept\n' : `; nothing is kept of ${below} and below\n`
  if (together.length > 0) yield lines(together)
}

const lines = (entries: readonly EntryDocument[]): string =>
  presentEntries(entries)
    .map((line) => `${line}\n`)
    .join('')
