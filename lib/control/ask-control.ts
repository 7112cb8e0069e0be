import { type IncomingMessage, request } from 'node:http'
import { codeOf, messageOf } from '../base/error-text.ts'
import { printable } from '../base/fields.ts'
import { SERVER_NAME } from './probe-socket.ts'
import { checkSocketPath } from './check-socket-path.ts'

export interface Asking {
  /** Path of the socket. */
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly verb: string
  readonly parameters: Readonly<Record<string, string>>
}

const ANSWER_MS = 10_000
const MAX_REASON_CHARACTERS = 1000

/**
 * Asks a running feddns something, and gives what it says, piece by piece: no more is read than is taken.
 * Throws an Error that tells a person what is wrong and what to do about it.
 */
export async function* askControl(asking: Asking): AsyncIterable<unknown> {
  checkSocketPath(asking.path)
  const response = await responseTo(asking)
  response.setEncoding('utf8')
  if (response.statusCode !== 200) throw new Error(await refusal(response, asking))
  let begun = ''
  try {
    for await (const part of response as AsyncIterable<string>) {
      const lines = (begun + part).split('\n')
      begun = lines.pop() as string
      for (const line of lines) yield JSON.parse(line)
    }
  } catch (error) {
    throw new Error(`the answer of ${asking.path} was cut off (${messageOf(error)}); try again`, { cause: error })
  }
}

async function responseTo({ path, method, verb, parameters }: Asking): Promise<IncomingMessage> {
  const query = new URLSearchParams(parameters).toString()
  const options = { socketPath: path, method, path: `/${verb}?${query}`, agent: false, timeout: ANSWER_MS }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(options)
    asked.once('response', (response) => {
      asked.setTimeout(0) // from here on the reader may take the time it likes
      resolve(response)
    })
    asked.once('timeout', () => asked.destroy(new Error(`the resolver at ${path} has not answered for 10 s`)))
    asked.on('error', (error) => reject(new Error(reasonOf(error, path), { cause: error })))
    asked.end()
  })
  if (response.headers['server'] === SERVER_NAME) return response
  response.destroy()
  throw new Error(`what listens at ${path} is not feddns`)
}

async function refusal(response: IncomingMessage, { path, verb }: Asking): Promise<string> {
  let text = ''
  for await (const part of response) text += String(part).slice(0, MAX_REASON_CHARACTERS)
  if (response.statusCode === 404) return `the feddns at ${path} does not know ${verb}; is it of another version?`
  return printable(text.trim(), MAX_REASON_CHARACTERS)
}

function reasonOf(error: unknown, path: string): string {
  const code = codeOf(error)
  const absent = `there is no socket at ${path}: does the resolver run, and does its configuration have \`control: ${path}\`?`
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: absent,
    ENOTDIR: absent,
    ECONNREFUSED: `nobody listens at ${path}: the resolver that made it has ended, and no other has started`,
    EACCES: `this user may not use ${path}: run this as the user that the resolver runs as, or as root`,
    ECONNRESET: `the resolver at ${path} ended the connection: it stops, or too many ask at once; try again`,
    EPROTOTYPE: `what listens at ${path} is not feddns`,
  }
  if (code.startsWith('HPE_')) return `what listens at ${path} is not feddns`
  return reasons[code] ?? messageOf(error)
}
