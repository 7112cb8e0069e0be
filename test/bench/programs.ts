import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What is run besides Node, and the Debian package that has it. */
const PACKAGES = { unbound: 'unbound', dnsmasq: 'dnsmasq-base', dnsperf: 'dnsperf', taskset: 'util-linux' } as const

export type Program = keyof typeof PACKAGES
export type Programs = Readonly<Record<Program, string>>

// Servers are not in the PATH of every user.
const DIRECTORIES = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']

/** The paths of all programs; installs what is missing if it can, else tells what is to be done. */
export function findPrograms(say: (line: string) => void): { programs: Programs } | { problem: string } {
  const packages = missingPackages()
  const aptGet = find('apt-get')
  if (packages.length > 0 && process.getuid?.() === 0 && aptGet !== undefined) {
    say(`installing ${packages.join(' ')}`)
    install(aptGet, packages)
  }
  const still = missingPackages()
  if (still.length > 0) return { problem: `missing programs; on Debian or Ubuntu: apt-get install ${still.join(' ')}` }
  const paths = Object.keys(PACKAGES).map((program) => [program, find(program)])
  return { programs: Object.fromEntries(paths) as Programs }
}

const missingPackages = (): string[] =>
  Object.entries(PACKAGES).flatMap(([program, name]) => (find(program) === undefined ? [name] : []))

function find(program: string): string | undefined {
  return DIRECTORIES.map((directory) => join(directory, program)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function install(aptGet: string, packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run = (...args: string[]) => execFileSync(aptGet, args, { env, stdio: ['ignore', 2, 2] })
  try {
    run('update')
    run('install', '--yes', '--no-install-recommends', ...packages)
  } catch {
    // apt-get has said why; what is still missing is reported by the caller.
  }
}
