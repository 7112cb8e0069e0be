// Gets the programs that tests run besides this one: builds those that are Go modules, each from what its folder pins,
// and installs those of Debian. With names, only these: `build.ts coredns`. What was built before is kept as long as
// neither the folder nor Go has changed.
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync } from 'node:fs'
import { DEBIAN_PROGRAMS, type DebianProgram, debianLack, installDebian } from './debian.ts'
import { BIN, binaryOf, PEER_NAMES, type PeerName, type Source, sourceOf } from './peers.ts'
import { isBuilt, stamp } from './stamp.ts'

const GO = 'go'
const ENV = {
  ...process.env,
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly -buildvcs=false',
  // The Go that is here, and no other that it could download.
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
}

function main(args: readonly string[]): void {
  const isWanted = (name: string) => args.length === 0 || args.includes(name)
  const unknown = args.find((name) => ![...PEER_NAMES, ...DEBIAN_PROGRAMS].some((known) => known === name))
  if (unknown !== undefined) fail(`there is no program "${unknown}" here`)
  buildAll(PEER_NAMES.filter(isWanted))
  getFromDebian(DEBIAN_PROGRAMS.filter(isWanted))
}

// What cannot be installed here is told; tests that need it say so again.
function getFromDebian(names: readonly DebianProgram[]): void {
  installDebian(names, console.log)
  const lack = debianLack(names)
  console.log(lack ?? `of Debian: ${names.join(', ') || 'nothing'}: installed`)
}

function buildAll(names: readonly PeerName[]): void {
  if (names.length === 0) return
  const go = goVersion()
  for (const name of names) {
    const source = sourceOf(name)
    const title = source.version === undefined ? name : `${name} ${source.version}`
    if (isBuilt(name, go)) {
      console.log(`${title}: is built already`)
      continue
    }
    if (!isEnough(go, source.goVersion)) fail(`${title} needs Go ${source.goVersion} or later; this is ${go}`)
    console.log(`${title}: building…`)
    const startMs = Date.now()
    build(name, source, go)
    console.log(`${title}: built in ${((Date.now() - startMs) / 1000).toFixed(1)} s`)
  }
}

// As in `go1.26.8 linux/amd64`.
function goVersion(): string {
  try {
    return execFileSync(GO, ['version'], { env: ENV, cwd: import.meta.dirname, encoding: 'utf8' })
      .replace('go version', '')
      .trim()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const needed = sourceOf('kube-apiserver').goVersion
    return fail(code === 'ENOENT' ? `Go is missing: install Go ${needed} or later, with \`go\` in the PATH` : message)
  }
}

// A version of Go that has no number, as of its own repository, is trusted to be new.
function isEnough(go: string, needed: string): boolean {
  const [major = 0, minor = 0, patch = 0] = numbersOf(needed)
  const [haveMajor = Number.POSITIVE_INFINITY, haveMinor = 0, havePatch = 0] = numbersOf(go)
  if (haveMajor !== major) return haveMajor > major
  return haveMinor === minor ? havePatch >= patch : haveMinor > minor
}

const numbersOf = (version: string): number[] =>
  (/^(?:go)?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? '')
    .split('.')
    .filter((part) => part !== '')
    .map(Number)

function build(name: PeerName, { folder, goPackage, ldflags, digest }: Source, go: string): void {
  mkdirSync(BIN, { recursive: true })
  // A test may be running the old one, so the new one is built aside.
  const aside = `${binaryOf(name)}.new`
  try {
    const args = ['build', '-trimpath', '-ldflags', ldflags, '-o', aside, goPackage]
    execFileSync(GO, args, { cwd: folder, env: ENV, stdio: ['ignore', 2, 2] })
  } catch {
    fail(`${name}: go build failed, see above`)
  }
  renameSync(aside, binaryOf(name))
  stamp(name, { digest, go })
}

function fail(why: string): never {
  console.error(why)
  process.exit(1)
}

main(process.argv.slice(2))
