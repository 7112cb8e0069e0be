import { quote } from '../base/fields.ts'

interface Outcome {
  readonly federations: readonly (readonly [string, string])[]
  readonly problems: readonly string[]
}

/** The `federation` blocks of a CoreDNS Corefile: one `NAME DOMAIN` a line (plugin `federation`, removed in 1.7). */
export function parseCorefile(text: string): Outcome {
  const federations: [string, string][] = []
  const problems: string[] = []
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
  if (!lines.some(([first]) => first === 'federation')) problems.push('there is no federation block')
  let inBlock = false
  for (const [i, words] of lines.entries()) {
    const [name = '', domain] = words
    if (name === 'federation') inBlock = true
    else if (name === '}') inBlock = false
    else if (inBlock && !WITHOUT_MEANING.has(name)) {
      if (domain !== undefined && words.length === 2) federations.push([name, domain])
      else problems.push(`line ${i + 1}: ${quote(words.join(' '))} is not of the form NAME DOMAIN`)
    }
  }
  if (problems.length === 0 && federations.length === 0) problems.push('the federation block names no federation')
  return { federations, problems }
}

// `upstream` was accepted and ignored by the last version of the plugin.
const WITHOUT_MEANING = new Set(['', 'upstream'])
