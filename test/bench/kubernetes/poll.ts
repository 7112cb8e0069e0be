import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerOf, questionPacket } from '../../helpers/asked.ts'

const PAUSE_MS = 1
const HOST = '127.0.0.1'

/** Of the monotonic clock of the machine, the same in every process. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

/**
 * Asks `name TYPE` about every millisecond, until the answer is right: when that reply came. Undefined if none came in
 * time. A server that is not there yet is asked on.
 */
export async function pollUntil(
  port: number,
  question: string,
  isRight: (answer: readonly string[]) => boolean,
  timeoutMs: number,
): Promise<number | undefined> {
  const socket = createSocket('udp4')
  const seen: { atMs?: number } = {}
  let before: Buffer | undefined
  socket.on('error', () => {})
  socket.on('message', (reply) => {
    const atMs = nowMs()
    // Most replies are as the one before; the first two octets are the id.
    if (seen.atMs !== undefined || before?.equals(reply.subarray(2)) === true) return
    before = reply.subarray(2)
    if (isRight(answerOf(reply))) seen.atMs = atMs
  })
  socket.connect(port, HOST)
  await once(socket, 'connect')
  const query = questionPacket(question)
  const untilMs = nowMs() + timeoutMs
  while (seen.atMs === undefined && nowMs() < untilMs) {
    socket.send(query)
    await sleep(PAUSE_MS)
  }
  await new Promise<void>((closed) => void socket.close(closed))
  return seen.atMs
}
