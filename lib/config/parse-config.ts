import * as v from 'valibot'
import { LineCounter, parseDocument } from 'yaml'
import { messageOf } from '../base/error-text.ts'
import { quote } from '../base/fields.ts'
import { type ConfigFile, configSchema } from './schema.ts'
import { type Environment, substitute } from './substitute.ts'

type Outcome = { readonly file: ConfigFile } | { readonly problems: readonly string[] }

/** Reads the text of a configuration file, by itself. Problems are complete, and say what is allowed. */
export function parseConfig(text: string, env: Environment): Outcome {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map(({ message, pos }) => `line ${lineCounter.linePos(pos[0]).line}: ${message}`),
    }
  }
  const problems: string[] = []
  const value = substitute(plainValue(document, problems), env, problems)
  if (problems.length > 0) return { problems }
  const result = v.safeParse(configSchema, value ?? {})
  return result.success ? { file: result.output } : { problems: result.issues.map(describe) }
}

// An alias that multiplies itself is refused by the parser only here.
function plainValue(document: { toJS(): unknown }, problems: string[]): unknown {
  try {
    return document.toJS()
  } catch (error) {
    problems.push(messageOf(error))
    return undefined
  }
}

function describe(issue: v.BaseIssue<unknown>): string {
  const where = v.getDotPath(issue) ?? ''
  // What stands in no file has a place all the same.
  const at = where === '' ? '' : `${where}: `
  if (issue.input === undefined) return `${at}missing; expected ${issue.message}`
  if (issue.expected === 'never') return `${at}${issue.message}`
  return `${at}${quote(issue.input)} is not allowed; expected ${issue.message}`
}
