import { LineCounter, parseAllDocuments } from 'yaml'
import { messageOf } from '../base/error-text.ts'
import { containsItself, fieldsOf, textOf } from '../base/fields.ts'

/** A Kubernetes object as it stands in a file, unchecked. */
interface FoundObject {
  readonly value: unknown
  /** Where its document begins. */
  readonly line: number
}

type Outcome = { readonly objects: readonly FoundObject[] } | { readonly problem: string }

/** Reads the objects of a file: YAML of one or more documents, or JSON; lists are taken apart. */
export function readObjects(text: string, isJson: boolean): Outcome {
  const documents = isJson ? jsonDocument(text) : yamlDocuments(text)
  if ('problem' in documents) return documents
  return {
    objects: documents.objects.flatMap(({ value, line }) => itemsOf(value).map((item) => ({ value: item, line }))),
  }
}

function jsonDocument(text: string): Outcome {
  try {
    return { objects: [{ value: JSON.parse(text.replace(/^\ufeff/, '')), line: 1 }] }
  } catch (error) {
    const message = messageOf(error)
    // The parser names the place, except at the end of the text.
    const line = /line (\d+)/.exec(message)?.[1] ?? text.split('\n').length
    return { problem: `line ${line}: ${message}` }
  }
}

function yamlDocuments(text: string): Outcome {
  try {
    return checkedDocuments(text)
  } catch (error) {
    // What is nested too deep for the parser is not always an error of a document.
    return { problem: `line 1: it cannot be parsed: ${messageOf(error)}` }
  }
}

function checkedDocuments(text: string): Outcome {
  const lineCounter = new LineCounter()
  const lineOf = (offset: number) => lineCounter.linePos(offset).line
  const objects: FoundObject[] = []
  for (const document of parseAllDocuments(text, { lineCounter, prettyErrors: false, logLevel: 'error' })) {
    const [error] = document.errors
    if (error !== undefined) return { problem: `line ${lineOf(error.pos[0])}: ${error.message}` }
    const line = lineOf(document.contents?.range?.[0] ?? document.range[0])
    try {
      const value: unknown = document.toJS()
      if (containsItself(value)) return { problem: `line ${line}: an alias stands within its own anchor` }
      // An empty document is nothing.
      if (value !== null && value !== undefined) objects.push({ value, line })
    } catch (error) {
      return { problem: `line ${line}: ${messageOf(error)}` }
    }
  }
  return { objects }
}

const MAX_NESTED_LISTS = 8

// `kind: List`, or `ServiceList` and the like, whose items need not say what they are.
function itemsOf(value: unknown, depth = 0): readonly unknown[] {
  const { apiVersion, kind, items } = fieldsOf(value)
  const [, itemKind] = /^(\w*)List$/.exec(textOf(kind) ?? '') ?? []
  if (itemKind === undefined || !Array.isArray(items) || depth === MAX_NESTED_LISTS) return [value]
  const typed = itemKind === '' ? items : items.map((item) => ({ apiVersion, kind: itemKind, ...fieldsOf(item) }))
  return typed.flatMap((item: unknown) => itemsOf(item, depth + 1))
}
