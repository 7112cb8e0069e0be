import { isObject, printable, quote } from '../base/fields.ts'
import { UNRESOLVED } from './reader.ts'

/** What the environment is: names and values. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Replaces `${NAME}`, and a `~/` at the beginning, in every text of a parsed document, once. `problems` is told of names
 * that are not set.
 */
export function substitute(value: unknown, env: Environment, problems: string[]): unknown {
  if (typeof value === 'string') return substituteText(value, env, problems)
  if (Array.isArray(value)) return value.map((item) => substitute(item, env, problems))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, env, problems)]))
}

function substituteText(given: string, env: Environment, problems: string[]): unknown {
  const text = given.replace(/^~\//, '${HOME}/')
  const names = [...text.matchAll(/\$\{([A-Za-z_]\w*)\}/g)].map(([, name = '']) => name)
  const missing = names.filter((name) => env[name] === undefined)
  for (const name of missing)
    problems.push(`the environment variable ${printable(name)} is not set (in ${quote(given)})`)
  if (missing.length > 0) return UNRESOLVED
  return text.replace(/\$\{([A-Za-z_]\w*)\}/g, (_whole, name: string) => env[name] ?? '')
}
