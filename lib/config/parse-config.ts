import { LineCounter, parseDocument } from 'yaml'
import { messageOf } from '../base/error-text.ts'
import { containsItself, printable } from '../base/fields.ts'
import { type ConfigFile, configReader } from './schema.ts'
import { type Environment, substitute } from './substitute.ts'

interface Outcome {
  /** What can be read of it, to find what contradicts itself; undefined if it is no YAML. Only without problems to be used. */
  readonly file: ConfigFile | undefined
  readonly problems: readonly string[]
}

/** Reads the text of a configuration file, by itself. Problems are complete, and say what is allowed. */
export function parseConfig(text: string, env: Environment): Outcome {
  const lineCounter = new LineCounter()
  const document = parsed(text, lineCounter)
  if (document instanceof Error) return { file: undefined, problems: [printable(document.message)] }
  // A warning is of a tag that is not understood, and what it stands at would be read as something else.
  const faults = [...document.errors, ...document.warnings].map(
    ({ message, pos }) => `line ${lineCounter.linePos(pos[0]).line}: ${printable(message)}`,
  )
  if (faults.length > 0) return { file: undefined, problems: faults }
  const problems: string[] = []
  const value = plainValue(document, problems)
  if (problems.length > 0) return { file: undefined, problems }
  const file = configReader.read(substitute(value ?? {}, env, problems), '', problems)
  return { file, problems }
}

// What is nested too deep for the parser is not always an error of the document.
function parsed(text: string, lineCounter: LineCounter) {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
  } catch (error) {
    return new Error(`it cannot be parsed: ${messageOf(error)}`, { cause: error })
  }
}

// Aliases that multiply without end are refused only here, and one within its own anchor not even here.
function plainValue(document: { toJS(): unknown }, problems: string[]): unknown {
  try {
    const value = document.toJS()
    if (containsItself(value)) problems.push('an alias stands within its own anchor')
    return value
  } catch (error) {
    problems.push(printable(messageOf(error)))
    return undefined
  }
}
