import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A program that tests run, built from Go modules. */
interface Peer {
  /** Its folder here, a Go module that pins what it is built from. */
  readonly folder: string
  /** The main package. */
  readonly goPackage: string
  /** The module whose version is the version of the program; none for a program whose source is in the folder. */
  readonly module?: string
  /** What the linker sets, given that version. */
  readonly variables?: (version: string) => Readonly<Record<string, string>>
}

/** The programs, by the name of their binary. */
const PEERS = {
  leash: { folder: 'leash', goPackage: '.' },
  pki: { folder: 'pki', goPackage: '.' },
  etcd: { folder: 'kubernetes', goPackage: 'go.etcd.io/etcd/server/v3', module: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': {
    folder: 'kubernetes',
    goPackage: 'k8s.io/kubernetes/cmd/kube-apiserver',
    module: 'k8s.io/kubernetes',
    variables: kubernetesVersion,
  },
  coredns: { folder: 'coredns', goPackage: 'github.com/coredns/coredns', module: 'github.com/coredns/coredns' },
} as const satisfies Readonly<Record<string, Peer>>

export type PeerName = keyof typeof PEERS

export const PEER_NAMES = Object.keys(PEERS) as readonly PeerName[]
export const BIN = join(import.meta.dirname, 'bin')

/** Where the binary is, once built. */
export const binaryOf = (name: PeerName): string => join(BIN, name)

/** What there is to build of a program, as its folder stands now. */
export interface Source {
  readonly folder: string
  readonly goPackage: string
  readonly ldflags: string
  /** The version of Go that its module asks for, as in go.mod. */
  readonly goVersion: string
  /** Of the program; undefined if its source is in the folder. */
  readonly version: string | undefined
  /** Another whenever a build may give another binary, by the same Go. */
  readonly digest: string
}

export function sourceOf(name: PeerName): Source {
  const peer: Peer = PEERS[name]
  const folder = join(import.meta.dirname, peer.folder)
  const goMod = readFileSync(join(folder, 'go.mod'), 'utf8')
  const version = peer.module === undefined ? undefined : versionOf(peer.module, goMod)
  const ldflags = ldflagsOf(version === undefined ? {} : (peer.variables?.(version) ?? {}))
  const hash = createHash('sha256').update(`${peer.goPackage}\0${ldflags}`)
  for (const file of readdirSync(folder).sort()) hash.update(`\0${file}\0`).update(readFileSync(join(folder, file)))
  const digest = hash.digest('hex')
  return { folder, goPackage: peer.goPackage, ldflags, goVersion: versionOf('go', goMod), version, digest }
}

// Without the symbols that only a debugger needs.
const ldflagsOf = (variables: Readonly<Record<string, string>>): string =>
  ['-s', '-w', ...Object.entries(variables).map(([name, value]) => `-X=${name}=${value}`)].join(' ')

// The version in the first line of go.mod that begins with a word: of a module that is required, or of Go.
function versionOf(word: string, goMod: string): string {
  const version = new RegExp(`^\\s*${RegExp.escape(word)} (v?\\d\\S*)`, 'm').exec(goMod)?.[1]
  if (version === undefined) throw new Error(`go.mod does not say the version of ${word}`)
  return version
}

// Kubernetes does not know its version from its module; /version would say v0.0.0.
function kubernetesVersion(version: string): Readonly<Record<string, string>> {
  const [gitMajor = '', gitMinor = ''] = version.slice(1).split('.')
  const variables = { gitVersion: version, gitMajor, gitMinor }
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`k8s.io/component-base/version.${name}`, value]),
  )
}
