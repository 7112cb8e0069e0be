import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below what systems give to connections and to servers that ask for any port, so that a port which is let go of for a
// moment is not given to another.
const FIRST = 20_000
const LAST = 32_000
const TRIES = 100

/** A port of 127.0.0.1 that was free for TCP a moment ago, and that only someone who chooses it too can take. */
export async function freeLowPort(): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = randomInt(FIRST, LAST)
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      await new Promise((closed) => server.close(closed))
      return port
    } catch (error) {
      if (tries === TRIES || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}
