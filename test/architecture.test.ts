import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

// Who may import whom, and why the arrows point this way: decisions in the middle do not know of sockets, files or
// processes; only cmd/ knows all of them.
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'lib/base': ['node:'],
  'lib/dns': ['lib/base', 'node:', 'dns-packet'],
  'lib/native': ['lib/base', 'node:'],
  'lib/server': ['lib/base', 'lib/dns', 'lib/native', 'node:'],
  'lib/cluster': ['lib/base', 'lib/dns', 'node:'],
  'lib/federation': ['lib/base', 'lib/dns', 'lib/cluster', 'node:'],
  'lib/manifests': ['lib/base', 'lib/cluster', 'node:', 'yaml'],
  'lib/kubernetes': ['lib/base', 'lib/cluster', 'node:', '@kubernetes/client-node/dist/config.js', 'undici', 'yaml'],
  'lib/policy': ['lib/base', 'lib/dns', 'node:'],
  'lib/forward': ['lib/base', 'lib/dns', 'lib/native', 'node:', 'undici'],
  'lib/resolve': ['lib/base', 'lib/dns', 'lib/cluster', 'lib/federation', 'lib/policy', 'lib/forward', 'node:'],
  'lib/control': ['lib/base', 'lib/dns', 'node:'],
  'lib/config': ['lib/base', 'lib/dns', 'node:', 'yaml', 'tlds'],
  'lib/observe': ['lib/base', 'node:', 'pino'],
}

// These decide; they must not reach the outside world even through Node.
const PURE = new Set(['lib/federation', 'lib/resolve'])
const OUTSIDE_WORLD = /^node:(fs|net|dgram|http|https|tls|child_process|worker_threads|timers|ffi)/

interface Import {
  readonly file: string
  readonly room: string
  readonly target: string
}

// The folder under lib/, or what stands at the root.
const roomOf = (path: string): string =>
  path
    .split('/')
    .slice(0, path.startsWith('lib/') ? 2 : 1)
    .join('/')

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  const specifiers = text.matchAll(
    /^(?:import|export)\b[^'"`]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
  )
  return [...specifiers].map(([, from, bare, dynamic]) => {
    const specifier = from ?? bare ?? dynamic ?? ''
    const target = specifier.startsWith('.') ? roomOf(normalize(join(dirname(file), specifier))) : specifier
    return { file, room: roomOf(file), target }
  })
}

const files = globSync('lib/**/*.ts').sort()
const imports = files.flatMap(importsOf)

test('every folder of lib/ stands in the table', () => {
  assert.deepEqual([...new Set(files.map(roomOf))].sort(), Object.keys(MAY_IMPORT).sort())
})

test('the scan sees imports of every kind', () => {
  const targets = new Set(imports.map(({ target }) => target))
  for (const known of ['lib/base', 'node:net', 'dns-packet', 'pino', 'tlds', 'yaml'])
    assert.ok(targets.has(known), known)
})

test('imports follow the table', () => {
  const wrong = imports.filter(({ room, target }) => {
    const allowed = MAY_IMPORT[room] ?? []
    return target !== room && !allowed.some((name) => target === name || (name === 'node:' && target.startsWith(name)))
  })
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} imports ${target}`),
    [],
  )
})

test('what decides does not touch sockets, files or timers', () => {
  const wrong = imports.filter(({ room, target }) => PURE.has(room) && OUTSIDE_WORLD.test(target))
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} imports ${target}`),
    [],
  )
})

test('only one room calls the system past Node', () => {
  const callers = imports.filter(({ target }) => target === 'node:ffi').map(({ room }) => room)
  assert.deepEqual([...new Set(callers)], ['lib/native'])
})

test('a file of lib/ has at most 250 lines', () => {
  const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 251)
  assert.deepEqual(long, [])
})
