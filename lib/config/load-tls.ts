import type { ConfigFile } from './schema.ts'
import { readCredentials, type TlsConfig } from './server-certificate.ts'

interface Outcome {
  readonly tls: TlsConfig | undefined
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Reads a file; what is wrong with it is told. */
type ReadText = (path: string, problems: string[]) => Promise<string | undefined>

const TRIES = 2

/** The certificate and the key that the configuration names. */
export async function loadTls(given: ConfigFile['tls'], readText: ReadText, nowMs: number): Promise<Outcome> {
  if (given?.certificate === undefined || given.key === undefined) return { tls: undefined, problems: [], warnings: [] }
  for (let tries = 1; ; tries++) {
    const outcome = await readOnce({ certificate: given.certificate, key: given.key }, readText, nowMs)
    // Both may have been exchanged between the first file and the second.
    if (outcome.problems.length === 0 || tries === TRIES) return outcome
  }
}

async function readOnce(paths: NonNullable<ConfigFile['tls']>, readText: ReadText, nowMs: number): Promise<Outcome> {
  const unreadable: string[] = []
  const read = async (key: 'certificate' | 'key') => {
    const found: string[] = []
    const text = await readText(paths[key], found)
    unreadable.push(...found.map((problem) => `tls.${key}: ${problem}`))
    return text
  }
  const certificate = await read('certificate')
  const { tls, problems, warnings } = readCredentials(certificate, await read('key'), nowMs)
  const told = problems.map(([key, problem]) => `tls.${key}: ${paths[key]}: ${problem}`)
  return { tls, problems: [...unreadable, ...told], warnings }
}
