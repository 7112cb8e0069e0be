const MAX_SECRETS = 2

const WISH = `one secret of 32 hexadecimal digits on a line, at most ${MAX_SECRETS} of them`

interface Outcome {
  /** In hexadecimal digits. */
  readonly secrets: readonly string[]
  readonly problem?: string
}

/** Reads a file of secrets: one on each line; empty lines and comments (`#`) do not count. What is wrong is not shown. */
export function parseCookieSecrets(text: string): Outcome {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim())
  const wrong = lines.findIndex((line) => line !== '' && !/^[0-9a-f]{32}$/i.test(line))
  if (wrong >= 0) return { secrets: [], problem: `line ${wrong + 1} is no secret; expected ${WISH}` }
  const secrets = lines.filter((line) => line !== '').map((line) => line.toLowerCase())
  const isRight = secrets.length > 0 && secrets.length <= MAX_SECRETS
  return isRight ? { secrets } : { secrets: [], problem: `has ${secrets.length} secrets; expected ${WISH}` }
}
