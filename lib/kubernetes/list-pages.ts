import { fieldsOf, textOf } from '../base/fields.ts'
import { ListReader } from './list-reader.ts'

interface Options {
  readonly get: (parameters: Readonly<Record<string, string>>) => AsyncIterable<Buffer>
  /** Of the first request: what the list must not be older than. */
  readonly parameters: Readonly<Record<string, string>>
  /** Undefined for all at once. */
  readonly pageItems: number | undefined
  readonly maxObjectOctets: number
  readonly add: (item: unknown) => void
  readonly onSkipped: (problem: string) => void
}

/** Lists a collection page by page; the version that all pages are of. */
export async function listPages(options: Options): Promise<string | undefined> {
  const limit = options.pageItems === undefined ? {} : { limit: String(options.pageItems) }
  for (let after = ''; ; ) {
    const page = await listPage({ ...limit, ...(after === '' ? options.parameters : { continue: after }) }, options)
    after = textOf(page['continue']) ?? ''
    if (after === '') return textOf(page['resourceVersion'])
  }
}

/** The metadata of the list. */
async function listPage(
  parameters: Readonly<Record<string, string>>,
  { get, maxObjectOctets, add, onSkipped }: Options,
): Promise<Readonly<Record<string, unknown>>> {
  const reader = new ListReader(maxObjectOctets)
  for await (const chunk of get(parameters)) {
    for (const item of reader.push(chunk)) add(JSON.parse(item.toString()))
  }
  for (let i = 0; i < reader.skipped; i++) onSkipped(`an object of more than ${maxObjectOctets} octets`)
  return fieldsOf(fieldsOf(reader.end())['metadata'])
}
