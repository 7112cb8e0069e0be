import { once } from 'node:events'
import type { Child } from './children.ts'

/** The port of the first address that a resolver of ours listens on, by the line of its log that tells. */
export function listeningPort({ lines, ended }: Child): Promise<number> {
  const told = async () => {
    for (;;) {
      const [line] = (await once(lines, 'line')) as [string]
      const { msg, addresses } = JSON.parse(line) as { msg: string; addresses?: string[] }
      if (msg === 'listening') return Number(addresses?.[0]?.split(':').at(-1))
    }
  }
  return Promise.race([told(), ended])
}
