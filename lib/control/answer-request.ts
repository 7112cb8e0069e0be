import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { codeOf } from '../base/error-text.ts'
import { quote } from '../base/fields.ts'
import { asciiJson } from './ascii-json.ts'
import { SERVER_NAME } from './probe-socket.ts'
import { BadRequest, type Parameters, type Verb, type Verbs } from './verb.ts'

// The one who asked does not wait any more.
const GONE = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ECONNRESET', 'EPIPE'])
const TURN_CHARACTERS = 16_384 // made and sent in one turn of the event loop

/** Does what a request asks for. Rejects for a fault of ours, which the one who asked has been told of. */
export async function answerRequest(verbs: Verbs, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('server', SERVER_NAME)
  response.setHeader('connection', 'close')
  const [path, query] = split(request.url ?? '')
  const verb = verbIn(verbs, path)
  if (verb === undefined || request.method !== verb.method) {
    const isList = path === '/' && request.method === 'GET'
    return tell(response, isList ? 200 : verb === undefined ? 404 : 405, `there are ${listOf(verbs)}`)
  }
  try {
    refuseBody(request)
    await send(await verb.run(parametersOf(verb, query)), response)
  } catch (error) {
    if (error instanceof BadRequest) return tell(response, 400, error.message)
    if (GONE.has(codeOf(error))) return
    tell(response, 500, 'a fault of feddns; its log tells more')
    throw error
  }
}

const listOf = (verbs: Verbs): string =>
  Object.entries(verbs)
    .map(([name, { method, takes }]) => `${method} /${name} (${takes.join(', ')})`)
    .join(', ')

const verbIn = (verbs: Verbs, path: string): Verb | undefined => {
  const name = path.slice(1)
  return path.startsWith('/') && Object.hasOwn(verbs, name) ? verbs[name] : undefined
}

function split(url: string): [path: string, query: string] {
  const at = url.indexOf('?')
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}

function refuseBody({ headers }: IncomingMessage): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers
  if (Number(length) !== 0 || encoding !== undefined) {
    throw new BadRequest('a body is not expected; parameters stand behind the `?` of the path')
  }
}

function parametersOf({ takes }: Verb, query: string): Parameters {
  const parameters = new Map<string, string>()
  for (const [key, value] of new URLSearchParams(query)) {
    if (!takes.includes(key)) throw new BadRequest(`no parameter ${quote(key)}; there are ${takes.join(', ')}`)
    if (parameters.has(key)) throw new BadRequest(`the parameter ${key} is there twice`)
    parameters.set(key, value)
  }
  return parameters
}

function tell(response: ServerResponse, status: number, text: string): void {
  // An answer that has begun cannot turn into another: that its end is missing tells that it is not whole.
  if (response.headersSent) return void response.destroy()
  response.statusCode = status
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(`${text}\n`)
}

async function send(documents: Iterable<object>, response: ServerResponse): Promise<void> {
  response.setHeader('content-type', 'application/jsonl; charset=us-ascii')
  await pipeline(inTurns(documents), response)
}

// No more is made than the reader takes, and everybody else has a turn in between.
async function* inTurns(documents: Iterable<object>): AsyncIterable<string> {
  let part = ''
  for (const document of documents) {
    part += `${asciiJson(document)}\n`
    if (part.length < TURN_CHARACTERS) continue
    yield part
    part = ''
    await new Promise((resolve) => void setImmediate(resolve))
  }
  if (part !== '') yield part
}
