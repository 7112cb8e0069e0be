/** What the environment is: names and values. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Replaces `${NAME}` in every text of a parsed document; `problems` is told of names that are not set. */
export function substitute(value: unknown, env: Environment, problems: string[]): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z_]\w*)\}/g, (whole, name: string) => {
      const found = env[name]
      if (found === undefined) problems.push(`the environment variable ${name} is not set (in "${value}")`)
      return found ?? whole
    })
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item, env, problems))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, env, problems)]))
}
