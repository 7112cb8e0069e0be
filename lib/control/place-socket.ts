import { once } from 'node:events'
import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises'
import type { Server } from 'node:net'
import { dirname } from 'node:path'
import { codeOf, messageOf } from '../base/error-text.ts'
import { probeSocket } from './probe-socket.ts'
import { checkSocketPath } from './check-socket-path.ts'

interface Place {
  /** Whether another feddns listened there. */
  readonly tookOver: boolean
  /** Removes the socket, unless another process has put its own there. */
  remove(): Promise<void>
}

/**
 * Has the server listen on a unix socket at the path, which has mode 0600 from its first moment on: it is made in a
 * folder that only we can enter, and moved. So a client finds the socket of before, or this one, and never none.
 */
export async function placeSocket(server: Server, path: string): Promise<Place> {
  checkSocketPath(path)
  try {
    const tookOver = (await probeSocket(path)) === 'feddns'
    const id = await listenAt(server, path)
    return {
      tookOver,
      remove: async () => {
        if ((await idOf(path).catch(() => undefined)) === id) await rm(path, { force: true })
      },
    }
  } catch (error) {
    throw new Error(`cannot listen at ${path}: ${reasonOf(error, path)}`, { cause: error })
  }
}

// When the server is closed, Node removes the name that it was bound to, which is nobody's by then.
async function listenAt(server: Server, path: string): Promise<string> {
  const folder = await mkdtemp(`${dirname(path)}/.`)
  try {
    const inside = `${folder}/s`
    server.listen(inside)
    await once(server, 'listening')
    await chmod(inside, 0o600)
    const id = await idOf(inside)
    await rename(inside, path)
    return id
  } catch (error) {
    server.close()
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function idOf(path: string): Promise<string> {
  const { dev, ino } = await lstat(path, { bigint: true })
  return `${dev} ${ino}`
}

function reasonOf(error: unknown, path: string): string {
  const folder = dirname(path)
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: `there is no directory ${folder}; in a pod it is a volume (emptyDir)`,
    ENOTDIR: `${folder} is no directory`,
    EACCES: `this user may not write to the directory ${folder}`,
    EPERM: `this user may not replace what is in the directory ${folder}`,
    EROFS: `the directory ${folder} is on a read-only file system; in a pod it has to be a volume (emptyDir)`,
  }
  return reasons[codeOf(error)] ?? messageOf(error)
}
