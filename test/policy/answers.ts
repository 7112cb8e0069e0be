import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import type { Answer, Query, Resolve } from '../../lib/dns/answer.ts'
import { FLAG, TYPE } from '../../lib/dns/constants.ts'
import { imageOf } from '../../lib/dns/image.ts'
import { parseName } from '../../lib/dns/name.ts'
import { lineOf } from '../helpers/zone-line.ts'

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const NUMBERS: Readonly<Record<string, number>> = { ...TYPE, DS: 43 }

export function question(name: string, type = 'A'): Query {
  const number = NUMBERS[type]
  if (number === undefined) throw new Error(`no type ${type}`)
  const flags = { dnssecOk: false, checkingDisabled: false, recursionDesired: true }
  return { name: parseName(name), type: number, ...flags, deadlineMs: 0 }
}

/** What a client is sent, in the notation of the stories; `not here` for what is somebody else's to answer. */
export function linesOf(query: Query, answer: Answer | undefined): string[] {
  if (answer === undefined) return ['not here']
  const { bytes } = imageOf(query, answer)
  const { answers = [], authorities = [] } = packet.decode(bytes)
  const flags = bytes.readUInt16BE(2)
  const status = [
    RCODES[flags & 0xf],
    ...(flags & FLAG.AA ? ['aa'] : []),
    ...answer.errors.map(({ code }) => `ede${code}`),
  ]
  const lines = [...answers.map(lineOf), ...authorities.map((record) => `authority ${lineOf(record)}`)]
  return [status.join(' '), ...lines.map((line) => line.replace(' .. ', ' . '))]
}

/** Tests each question of the table: a name and a type, and indented below it the answer. */
export function answers(resolve: Resolve, table: string): void {
  for (const [asked = '', ...expected] of questionsOf(table)) {
    test(`${asked}: ${expected[0]}`, async () => {
      const [name = '', type] = asked.split(' ')
      const query = question(name, type)
      assert.deepEqual(linesOf(query, await resolve(query)), expected)
    })
  }
}

function questionsOf(table: string): string[][] {
  const questions: string[][] = []
  for (const raw of table.split('\n')) {
    const line = raw.replace(/(^|\s)#.*/, '').trimEnd()
    if (line === '') continue
    if (/^\s/.test(line)) questions.at(-1)?.push(line.trim().replace(/\s+/g, ' '))
    else questions.push([line])
  }
  return questions
}
