import { transformSync } from 'esbuild'
import { parseSync } from 'oxc-parser'

/** The name under which modules find the counters while they are loaded. */
export const COUNTERS = '$fuzzCounters'

interface Instrumented {
  readonly code: string
  /** How many counters it has, from `first` on. */
  readonly count: number
  /** Texts that stand in it. */
  readonly words: readonly string[]
}

interface Edit {
  readonly at: number
  readonly text: string
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/**
 * TypeScript as JavaScript that counts how often each block of it is entered: bodies of functions and loops, both ways
 * of each condition, right sides of `&&`, `||` and `??`, cases and handlers.
 */
export function instrument(typescript: string, first: number): Instrumented {
  const { code } = transformSync(typescript, { loader: 'ts', target: 'node26', format: 'esm' })
  const { program, errors } = parseSync('module.js', code)
  if (errors.length > 0) throw new Error(errors[0]?.message)
  const walk = new Walk(first)
  walk.visit(program as unknown as Node)
  const prelude = `const $c = globalThis.${COUNTERS};\n`
  return { code: prelude + edited(code, walk), count: walk.next - first, words: [...walk.words] }
}

function edited(code: string, { openings, closings }: Walk): string {
  // Of those at the same place what closes comes before what opens; inner ones close first, outer ones open first.
  const edits = [...closings, ...openings].sort((a, b) => a.at - b.at)
  let text = ''
  let at = 0
  for (const edit of edits) {
    text += code.slice(at, edit.at) + edit.text
    at = edit.at
  }
  return text + code.slice(at)
}

const MAX_WORD = 40

class Walk {
  readonly openings: Edit[] = []
  readonly closings: Edit[] = []
  readonly words = new Set<string>()
  next: number

  constructor(first: number) {
    this.next = first
  }

  visit(node: Node): void {
    const { type } = node
    if (type === 'ImportDeclaration') return
    if (type === 'Literal') this.#note(node['value'])
    const close = EDITS[type]?.(node, this)
    for (const child of childrenOf(node)) this.visit(child)
    close?.()
  }

  #note(value: unknown): void {
    if (typeof value === 'string' && value !== '' && value.length <= MAX_WORD) this.words.add(value)
  }

  count(): string {
    return `$c[${this.next++}]++`
  }

  /** A statement, which need not be a block. What closes it comes after what is within. */
  statement(node: unknown, after = ''): () => void {
    if (!isNode(node)) return () => {}
    const isBlock = node.type === 'BlockStatement'
    this.openings.push({ at: node.start + (isBlock ? 1 : 0), text: `${isBlock ? '' : '{'}${this.count()};` })
    const text = `${isBlock ? '' : '}'}${after}`
    return () => void (text !== '' && this.closings.push({ at: node.end, text }))
  }

  expression(node: unknown): () => void {
    if (!isNode(node)) return () => {}
    this.openings.push({ at: node.start, text: `(${this.count()},` })
    return () => void this.closings.push({ at: node.end, text: ')' })
  }
}

type Begin = (node: Node, walk: Walk) => (() => void) | undefined

const both = (first: () => void, second: () => void) => () => {
  first()
  second()
}

const ofBody: Begin = (node, walk) => walk.statement(node['body'])
const ofFunction: Begin = (node, walk) =>
  isNode(node['body']) && node['body'].type !== 'BlockStatement'
    ? walk.expression(node['body'])
    : walk.statement(node['body'])

const EDITS: Readonly<Record<string, Begin>> = {
  FunctionDeclaration: ofFunction,
  FunctionExpression: ofFunction,
  ArrowFunctionExpression: ofFunction,
  ForStatement: ofBody,
  ForInStatement: ofBody,
  ForOfStatement: ofBody,
  WhileStatement: ofBody,
  DoWhileStatement: ofBody,
  CatchClause: ofBody,
  IfStatement: (node, walk) => {
    if (isNode(node['alternate'])) return both(walk.statement(node['consequent']), walk.statement(node['alternate']))
    return walk.statement(node['consequent'], ` else {${walk.count()}}`)
  },
  ConditionalExpression: (node, walk) => both(walk.expression(node['consequent']), walk.expression(node['alternate'])),
  LogicalExpression: (node, walk) => walk.expression(node['right']),
  AssignmentExpression: (node, walk) =>
    ['??=', '||=', '&&='].includes(String(node['operator'])) ? walk.expression(node['right']) : undefined,
  SwitchCase: (node, walk) => {
    const [first] = node['consequent'] as readonly Node[]
    if (first !== undefined) walk.openings.push({ at: first.start, text: `${walk.count()};` })
    return undefined
  },
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value

function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value: unknown) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )
}
