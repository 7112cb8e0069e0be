import { execFile, execFileSync, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { once } from 'node:events'
import { promisify } from 'node:util'

const run = promisify(execFile)
const IS_INSIDE = 'FEDDNS_OWN_NETWORK'
const PLACES = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']
const TABLE = 'inet failures'

/** Whether this process is in a network namespace of its own. */
export const isInside = (): boolean => process.env[IS_INSIDE] !== undefined

/** Why nobody here can have a network namespace of their own, in which packets are lost; undefined if they can. */
export function whyNoNetwork(): string | undefined {
  try {
    const [program, ...args] = wordsOf(['-c', 'nft list ruleset', 'sh'])
    execFileSync(program, args, { stdio: 'pipe', env: environment() })
    return undefined
  } catch (error) {
    return `no network namespace: it needs root (or user namespaces), unshare, ip and nft (${(error as Error).message})`
  }
}

/**
 * Runs a script of Node in a network namespace of its own, which is gone as soon as the script and its children are,
 * however they end. Its exit code, and what it wrote on standard output, which is shown as well unless `isQuiet`.
 */
export async function runInOwnNetwork(
  script: string,
  args: readonly string[],
  isQuiet = false,
): Promise<{ readonly code: number; readonly stdout: string }> {
  const [program, ...words] = wordsOf(['-c', 'exec "$@"', 'sh', process.execPath, script, ...args])
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'], env: environment() })
  const end = () => void child.kill('SIGTERM')
  // A Ctrl-C of the terminal reaches the child by itself; it ends, and then we do.
  const wait = () => {}
  process.once('exit', end).on('SIGINT', wait).once('SIGTERM', end)
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (!isQuiet) process.stdout.write(text)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  process.off('exit', end).off('SIGINT', wait).off('SIGTERM', end)
  return { code: code ?? 130, stdout }
}

/** Rules for packets that arrive on loopback; each loses some. (A packet dropped on its way out is an error of the sender.) */
export async function lose(rules: readonly string[]): Promise<void> {
  const chain = ['type filter hook input priority 0', ...rules.map((rule) => `${rule} counter drop`)]
  await nft([`table ${TABLE} {`, 'chain arriving {', ...chain, '}', '}'].join('\n'))
}

/** Loses nothing any more. How many packets were lost since `lose`. */
export async function loseNothing(): Promise<number> {
  const ruleset = await nft(`list table ${TABLE}`)
  await nft(`delete table ${TABLE}`)
  return [...ruleset.matchAll(/counter packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
}

async function nft(command: string): Promise<string> {
  return (await run(find('nft'), [command])).stdout
}

// Root makes a namespace as it is; anybody else becomes root of a user namespace that owns it.
function wordsOf(script: readonly string[]): [string, ...string[]] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  const [flag, command, ...rest] = script
  return [find('unshare'), ...asRoot, '--net', 'sh', flag ?? '', `ip link set lo up && ${command}`, ...rest]
}

const environment = () => ({ ...process.env, PATH: PLACES.join(':'), [IS_INSIDE]: '1' })

function find(program: string): string {
  const path = PLACES.map((place) => `${place}/${program}`).find(isExecutable)
  if (path === undefined) throw new Error(`${program} is not installed`)
  return path
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
