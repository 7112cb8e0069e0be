import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import type { RealApiServer } from './real-api-server.ts'

/** The processes of an API server that runs, as the system sees them. */
interface ControlPlaneProcesses {
  readonly apiServerPid: number
  /** Where its etcd listens. */
  readonly etcdSocket: string
}

/** Finds them by their command lines in /proc. */
export function controlPlaneProcesses({ url }: RealApiServer): ControlPlaneProcesses {
  const port = `--secure-port=${new URL(url).port}`
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const words = commandLine(pid)
    const etcd = words.find((word) => word.startsWith('--etcd-servers=unix://'))
    if (etcd !== undefined && words.includes(port) && words[0]?.endsWith('kube-apiserver'))
      return { apiServerPid: Number(pid), etcdSocket: etcd.replace('--etcd-servers=unix://', '') }
  }
  throw new Error(`no kube-apiserver runs with ${port}`)
}

/** Takes away from an etcd all versions before the present one, as an API server has it do every five minutes. */
export async function compact(etcdSocket: string): Promise<void> {
  // "\0": whatever key there is.
  const { body } = await ask(etcdSocket, '/v3/kv/range', { key: 'AA==', limit: 1 })
  const { revision } = (body as { header: { revision: string } }).header
  const { status, body: refusal } = await ask(etcdSocket, '/v3/kv/compaction', { revision, physical: true })
  const isDone = status === 200 || /has been compacted/.test(JSON.stringify(refusal))
  if (!isDone) throw new Error(`etcd does not compact: ${status} ${JSON.stringify(refusal)}`)
}

function ask(socketPath: string, path: string, body: object): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method: 'POST' }, (response) => {
      json(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
    sent.once('error', reject).end(JSON.stringify(body))
  })
}

// Of a process that has ended meanwhile there is nothing.
function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
