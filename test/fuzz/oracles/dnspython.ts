import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Octets in hexadecimal, ASCII letters in lower case. */
interface Taken {
  readonly id: number
  readonly flags: number
  readonly rcode: number
  /** The version; -1 without EDNS. */
  readonly edns: number
  readonly questions: readonly (readonly [name: string, type: number, cls: number])[]
  readonly records: readonly PythonRecord[]
}

export type PythonRecord = readonly [
  section: string,
  owner: string,
  type: number,
  cls: number,
  ttlSeconds: number,
  rdata: string,
  /** Whether it knows the type and the class. */
  isKnown: boolean,
]

export type Opinion = Taken | { readonly refused: string }

// That of Debian, which has the library beside it.
const PYTHON = '/usr/bin/python3'
const MAX_OCTETS = 1 << 28

/** What dnspython reads in each of these messages. */
export function dnspythonReads(messages: readonly Buffer[]): Opinion[] {
  const input = Buffer.concat(messages.flatMap((message) => [lengthOf(message), message]))
  const script = join(import.meta.dirname, 'dnspython.py')
  const output = execFileSync(PYTHON, [script], { input, maxBuffer: MAX_OCTETS, encoding: 'utf8' })
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Opinion)
}

function lengthOf(message: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return length
}
