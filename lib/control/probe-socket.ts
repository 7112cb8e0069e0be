import { lstat } from 'node:fs/promises'
import { request } from 'node:http'
import { codeOf, messageOf } from '../base/error-text.ts'

/** In the `Server` header of every answer, of all versions: by it one feddns knows another. */
export const SERVER_NAME = 'feddns'

const ANSWER_MS = 2000

/**
 * What is at the path of a socket: nothing, one that a process left when it was killed, or another feddns that listens.
 * Rejects with the reason if it is anything that we must not replace.
 */
export async function probeSocket(path: string): Promise<'nothing' | 'left' | 'feddns'> {
  const there = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (there === undefined) return 'nothing'
  if (!there.isSocket()) throw new Error(`there is something else than a socket at ${path}, which is left as it is`)
  try {
    if ((await serverAt(path)) === SERVER_NAME) return 'feddns'
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ECONNREFUSED') return 'left'
    if (code === 'ENOENT') return 'nothing'
    if (code === 'EACCES')
      throw new Error(`the socket at ${path} belongs to another user (uid ${there.uid}); remove it if nobody uses it`, {
        cause: error,
      })
    throw new Error(`another process listens at ${path} (${messageOf(error)})`, { cause: error })
  }
  throw new Error(`another process listens at ${path}, which is not feddns`)
}

function serverAt(path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, path: '/', agent: false, timeout: ANSWER_MS })
    asked.once('response', (response) => {
      resolve(response.headers['server']?.toString())
      asked.destroy()
    })
    asked.once('timeout', () => asked.destroy(new Error('it does not answer')))
    asked.on('error', reject)
    asked.end()
  })
}
