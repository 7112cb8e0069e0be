import assert from 'node:assert/strict'
import { parseConfig } from '../../lib/config/parse-config.ts'
import type { ConfigFile } from '../../lib/config/schema.ts'

/** The least that a configuration must say, as YAML, for others to be added to. */
export const MINIMAL = 'listen: ["127.0.0.1:0"]\nsource: { manifests: [cluster] }\n'

/** The minimum with this key, or with this instead of its own. */
export function withKey(yaml: string): string {
  const key = /^\w+/.exec(yaml)?.[0] ?? ''
  const rest = MINIMAL.split('\n').filter((line) => !line.startsWith(`${key}:`))
  return [...rest, yaml].join('\n')
}

/** What a text that must be right becomes. */
export function fileOf(text: string, env = {}): ConfigFile {
  const { file, problems } = parseConfig(text, env)
  assert.deepEqual(problems, [])
  assert.ok(file)
  return file
}

/** The problems of a text; none if it is right. */
export const problemsOf = (text: string, env = {}): readonly string[] => parseConfig(text, env).problems
