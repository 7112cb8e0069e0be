import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { withoutStartingServices } from './without-starting-services.ts'

/** Programs that tests and benchmarks run as they come from Debian, and the package of each. */
const PACKAGES = {
  conntrack: 'conntrack',
  dig: 'bind9-dnsutils',
  dnsdist: 'dnsdist',
  dnsmasq: 'dnsmasq-base',
  dnspython: 'python3-dnspython',
  dnsperf: 'dnsperf',
  ip: 'iproute2',
  kdig: 'knot-dnsutils',
  knotd: 'knot',
  kresd: 'knot-resolver',
  mount: 'mount',
  nft: 'nftables',
  nsd: 'nsd',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  sysctl: 'procps',
  chrt: 'util-linux',
  taskset: 'util-linux',
  unbound: 'unbound',
  unshare: 'util-linux',
} as const

// A library of the Python that comes with Debian, which looks for it there.
const DNSPYTHON = '/usr/lib/python3/dist-packages/dns'

export type DebianProgram = keyof typeof PACKAGES

export const DEBIAN_PROGRAMS = Object.keys(PACKAGES) as readonly DebianProgram[]

// Servers are not in the PATH of every user.
const DIRECTORIES = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']

/** The path of a program. Throws if it is not installed. */
export function debianProgram(name: DebianProgram): string {
  const path = find(name)
  if (path === undefined) throw new Error(debianLack([name]))
  return path
}

/** What is to be done about programs that are not installed; undefined if all are. */
export function debianLack(names: readonly DebianProgram[]): string | undefined {
  const packages = missingPackages(names)
  if (packages.length === 0) return undefined
  return `missing programs; on Debian or Ubuntu: apt-get install ${packages.join(' ')}`
}

/** Installs what is missing, if that can be done here, and starts no service. */
export function installDebian(names: readonly DebianProgram[], say: (line: string) => void): void {
  const packages = missingPackages(names)
  const aptGet = find('apt-get')
  if (packages.length === 0 || process.getuid?.() !== 0 || aptGet === undefined) return
  say(`installing ${packages.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run = (...args: string[]) => execFileSync(aptGet, args, { env, stdio: ['ignore', 2, 2] })
  try {
    run('update')
    withoutStartingServices(() => run('install', '--yes', '--no-install-recommends', ...packages))
  } catch {
    // apt-get has said why; what is still missing is for the caller to report.
  }
}

const missingPackages = (names: readonly DebianProgram[]): string[] => [
  ...new Set(names.filter((name) => find(name) === undefined).map((name) => PACKAGES[name])),
]

function find(program: string): string | undefined {
  if (program === 'dnspython') return isExecutable(DNSPYTHON) ? DNSPYTHON : undefined
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
