import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, globSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const FIXED_PORTS = ['1050', '1053', '1054', '9253']
const SEEN_MS = 20_000

// A copy of the demo on ports that are free, so that its files can be edited as its reader would.
async function copyDemo(folder: string): Promise<void> {
  for (const name of ['cmd', 'lib', 'node_modules', 'package.json']) symlinkSync(resolve(name), join(folder, name))
  cpSync('demo', join(folder, 'demo'), { recursive: true })
  const ports = await Promise.all(FIXED_PORTS.map(async (fixed) => [fixed, await freePort()] as const))
  for (const file of globSync('demo/*.{ts,yaml}', { cwd: folder })) {
    const path = join(folder, file)
    const text = ports.reduce((whole, [fixed, free]) => whole.replaceAll(fixed, free), readFileSync(path, 'utf8'))
    writeFileSync(path, text)
  }
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  return String(typeof bound === 'object' ? bound?.port : '')
}

test('the demo shows the chains of the guide, and the answer that changes with one word in a file', async () => {
  await using folder = await temporaryFolder()
  await copyDemo(folder.path)
  const demo = spawn(process.execPath, ['demo/start.ts'], { cwd: folder.path })
  let screen = ''
  demo.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text))
  demo.stderr.setEncoding('utf8').on('data', (text: string) => (screen += text))
  const seen = async (pattern: RegExp) => {
    const untilMs = Date.now() + SEEN_MS
    while (!pattern.test(screen) && Date.now() < untilMs) await new Promise((done) => setTimeout(done, 50))
    assert.match(screen, pattern)
  }
  const scale = (ready: boolean) => {
    const file = join(folder.path, 'demo/us-central1-f/nginx.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/ready: \w+\n$/, `ready: ${ready}\n`))
  }
  try {
    await seen(
      /us-central1-f, the answer:\n.*CNAME.*svc\.us-central1-f\.example\.com\.\n.*CNAME.*svc\.us-central1\.example\.com\.\n(.* A +104\.197\.24[457]\.\d+\n){3}/,
    )
    await seen(
      /europe-west1-d, the answer:\n.*europe-west1-d\.example\.com\.\n.*europe-west1\.example\.com\.\n.*svc\.example\.com\.\n(.* A .*\n){8}/,
    )
    scale(true)
    await seen(
      /us-central1-f, .*the answer is now:\n.*CNAME +nginx\.mynamespace\.svc\.cluster\.local\.\n.* A +10\.63\.250\.98\n/,
    )
    scale(false)
    await seen(/10\.63\.250\.98\n[^]*us-central1-f, .*the answer is now:\n.*us-central1-f\.example\.com\./)
  } finally {
    demo.kill('SIGINT')
    await once(demo, 'exit')
  }
  assert.equal(demo.exitCode, 0)
})
