import { fieldsOf, printable, quote, textOf } from '../base/fields.ts'
import { isRfc1123Label } from '../dns/name.ts'

/** Told of each part that had to be left out; what is well-formed is used all the same. */
export type Report = (problem: string) => void

/** The name and namespace of an object, if it has them. `report` tells what is wrong with them. */
export function identityOf(
  object: unknown,
  kind: string,
  report: Report,
): { namespace: string; name: string } | undefined {
  const metadata = fieldsOf(fieldsOf(object)['metadata'])
  const name = textOf(metadata['name'])
  const namespace = metadata['namespace'] ?? 'default'
  if (name === undefined || name === '') report(`a ${kind} without metadata.name`)
  else if (typeof namespace === 'string' && isRfc1123Label(namespace)) return { namespace, name }
  else report(`${kind} ${printable(name)}: namespace ${quote(namespace)} is not an RFC 1123 label`)
  return undefined
}
