import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { COUNTERS, instrument } from './instrument.ts'
import type { Target } from './target.ts'

/** A target whose `lib/` counts what it does. */
export interface Bundle {
  readonly target: Target
  readonly counters: Uint32Array
  /** Texts that stand in its files. */
  readonly words: readonly string[]
}

const ROOT = join(import.meta.dirname, '../../..')
const FOLDER = join(ROOT, '.cache/fuzz') // within, so that packages are found

const shape = (entry: string) => ({
  entryPoints: [entry],
  bundle: true,
  platform: 'node' as const,
  format: 'esm' as const,
  packages: 'external' as const,
})

/** Builds a target into one file, with counters in all that comes from `lib/`, and loads it. */
export async function bundled(name: string): Promise<Bundle> {
  const entry = join(ROOT, `test/fuzz/targets/${name}.ts`)
  const { metafile } = await build({ ...shape(entry), write: false, metafile: true, absWorkingDir: ROOT })
  const codes = new Map<string, string>()
  const words = new Set<string>()
  let count = 0
  // In an order of their own: which counter is whose must be the same each time.
  for (const file of Object.keys(metafile.inputs)
    .filter((path) => path.startsWith('lib/'))
    .sort()) {
    const path = join(ROOT, file)
    const one = instrument(readFileSync(path, 'utf8'), count)
    count += one.count
    codes.set(path, one.code)
    for (const word of one.words) words.add(word)
  }
  mkdirSync(FOLDER, { recursive: true })
  const outfile = join(FOLDER, `${name}-${process.pid}.mjs`)
  await build({ ...shape(entry), outfile, plugins: [instead(codes)], target: 'node26', logLevel: 'error' })
  const counters = new Uint32Array(count)
  Object.assign(globalThis, { [COUNTERS]: counters })
  try {
    const { target } = (await import(pathToFileURL(outfile).href)) as { target: Target }
    return { target, counters, words: [...words] }
  } finally {
    rmSync(outfile)
  }
}

const instead = (codes: ReadonlyMap<string, string>): Plugin => ({
  name: 'instead',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const contents = codes.get(path)
      return contents === undefined ? undefined : { contents, loader: 'js' }
    })
  },
})
