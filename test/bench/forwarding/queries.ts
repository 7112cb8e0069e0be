import { writeFile } from 'node:fs/promises'

let run = 0

/** Questions of this many names that are always the same, as dnsperf reads them. All names have one length. */
export const writeKnownNames = (file: string, count: number): Promise<void> => write(file, 0, count)

/** The same, of names that were in no file before. */
export const writeNewNames = (file: string, count: number): Promise<void> => write(file, ++run, count)

function write(file: string, of: number, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, i) => `${nameOf(of, i)} A\n`)
  return writeFile(file, lines.join(''))
}

/** A name that is in no file. */
export const NAME_TO_TRY = nameOf(0, 0xffffffff)

function nameOf(of: number, index: number): string {
  const [inHex, atHex] = [of.toString(16).padStart(4, '0'), index.toString(16).padStart(8, '0')]
  return `n${inHex}${atHex}.example.org`
}
