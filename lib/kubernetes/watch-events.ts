import { messageOf } from '../base/error-text.ts'
import { fieldsOf, quote, textOf } from '../base/fields.ts'
import { ApiError } from './api-error.ts'
import { Interruption } from './interruption.ts'
import { LineReader } from './line-reader.ts'

/** An event of a watch (Kubernetes API concepts, "Efficient detection of changes"). */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: unknown
  /** The resourceVersion of the object. */
  readonly version: string | undefined
  /** Everything there was has been sent (KEP-3157). */
  readonly endsList: boolean
}

interface Options {
  readonly maxObjectOctets: number
  readonly onSkipped: (problem: string) => void
}

const TYPES: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])

/** The events of a watch, as many as came together. Rejects with an ApiError for an ERROR event. */
export async function* watchEvents(
  body: AsyncIterable<Buffer>,
  { maxObjectOctets, onSkipped }: Options,
): AsyncGenerator<Iterable<WatchEvent>> {
  const lines = new LineReader(maxObjectOctets)
  let skipped = 0
  for await (const chunk of body) {
    yield lines.push(chunk).map(eventOf)
    for (; skipped < lines.skipped; skipped++) onSkipped(`an object of more than ${maxObjectOctets} octets`)
  }
}

function eventOf(line: Buffer): WatchEvent {
  const { type, object } = fieldsOf(parsed(line))
  if (type === 'ERROR') throw new ApiError(500, object)
  if (!TYPES.has(type)) throw new Interruption('garbled', `an event of the unknown type ${quote(type)}`)
  const { resourceVersion, annotations } = fieldsOf(fieldsOf(object)['metadata'])
  return {
    type: type as WatchEvent['type'],
    object,
    version: textOf(resourceVersion),
    endsList: type === 'BOOKMARK' && fieldsOf(annotations)['k8s.io/initial-events-end'] === 'true',
  }
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString())
  } catch (error) {
    throw new Interruption('garbled', `a line that is no JSON: ${messageOf(error)}`, { cause: error })
  }
}
