// npm start: the 13-cluster example of the federated-services guide, seen from two of its clusters.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, describe } from './ask.ts'
import { startNameServer } from './name-server.ts'
import { parseZoneFile } from './zone-file.ts'

const NAME = 'nginx.mynamespace.myfederation'
const NAME_SERVER_PORT = 1050
const LOOK_MS = 250

interface Cluster {
  readonly zone: string
  readonly port: number
}
const CLUSTERS: readonly Cluster[] = [
  { zone: 'us-central1-f', port: 1053 },
  { zone: 'europe-west1-d', port: 1054 },
]

const INTRODUCTION = `feddns demo: one name for nginx in 13 clusters. Ctrl-C ends it.

  127.0.0.1 port 1053   the resolver on a node in us-central1-f, whose own shard has no healthy pod
  127.0.0.1 port 1054   the resolver on a node in europe-west1-d, where no cluster of the region has a healthy shard
  127.0.0.1 port 1050   the public zone example.com, on a name server of its own (demo/example.com.zone)

Try, in another terminal:

  dig @127.0.0.1 -p 1053 ${NAME}
      the zone of the asker has none, so the answer leads through us-central1-f to the three addresses of us-central1
  dig @127.0.0.1 -p 1054 ${NAME}
      nor has the region: through europe-west1-d and europe-west1 to every healthy shard of the world
  dig @127.0.0.1 -p 1053 ${NAME}.svc.asia-east1.example.com
      any region by its public name, from anywhere: two addresses
  dig @127.0.0.1 -p 1053 ${NAME}.default.svc.cluster.local
      the first thing a pod's search path asks: NXDOMAIN at once, so that the search goes on
  npm run lookup -- ${NAME} A 1053
      the same without dig

Scale the local shard up: in demo/us-central1-f/nginx.yaml write \`ready: true\` and save. The answer becomes the
cluster IP 10.63.250.98, within a second, and goes back when you write \`ready: false\`.
`

const children: ChildProcess[] = []
const stopping = new AbortController()

function stop(code: number): void {
  stopping.abort()
  for (const child of children) child.kill('SIGINT')
  process.exitCode = code
  setTimeout(() => process.exit(code), 2000).unref()
}

// However this ends, nothing is left behind: a closed pipe, as of `| head`, ends it without a signal.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

// Shows what a resolver has to complain of; the rest of its log is not for a demo.
function startResolver({ zone }: Cluster): void {
  const args = ['cmd/feddns.ts', 'resolver', '--config', `demo/${zone}.yaml`]
  const env = { ...process.env, NODE_NAME: `node-${zone}` }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { level, msg, problem, error, upstream } = JSON.parse(line) as Record<string, string>
    const reason = problem ?? error
    if (level !== 'info')
      console.log(`${zone}: ${msg}${reason === undefined ? '' : `: ${reason}`}${upstream ? ` (${upstream})` : ''}`)
  })
  child.on('exit', (code) => {
    if (stopping.signal.aborted) return
    console.error(`the resolver of ${zone} ended with ${code}`)
    stop(1)
  })
}

// Asks again and again, and shows each answer that is another one than before.
async function show({ zone, port }: Cluster): Promise<void> {
  let shown = ''
  while (!stopping.signal.aborted) {
    const lines = await ask(NAME, 'A', port).then(describe, () => [])
    const text = lines.toSorted((a, b) => (a < b ? -1 : 1)).join('\n')
    if (lines.length > 0 && text !== shown) {
      const when = shown === '' ? 'the answer' : `${new Date().toLocaleTimeString('en-GB')}, the answer is now`
      shown = text
      console.log(`${zone}, ${when}:\n${lines.map((line) => `    ${line}`).join('\n')}\n`)
    }
    await sleep(LOOK_MS)
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(0))
try {
  const zone = parseZoneFile(readFileSync('demo/example.com.zone', 'utf8'))
  const stopNameServer = await startNameServer(zone, NAME_SERVER_PORT)
  for (const cluster of CLUSTERS) startResolver(cluster)
  console.log(INTRODUCTION)
  for (const cluster of CLUSTERS) void show(cluster)
  await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))))
  stopNameServer()
} catch (error) {
  console.error(`the demo cannot start: ${error instanceof Error ? error.message : String(error)}`)
  stop(1)
}
