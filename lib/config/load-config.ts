import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../base/error-text.ts'
import type { Address } from './address.ts'
import { parseResolvConf } from './resolv-conf.ts'
import { assemble, DEFAULT_RESOLV_CONF, type References } from './assemble.ts'
import type { Config } from './config.ts'
import { parseKubeDns } from './kube-dns.ts'
import { parseConfig } from './parse-config.ts'
import type { ConfigFile } from './schema.ts'
import type { Environment } from './substitute.ts'

export interface Loaded {
  /** Undefined if there is any problem: nothing is used in part. */
  readonly config: Config | undefined
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
  /** The files and directories that it was read from; a change of any of them may change it. */
  readonly paths: readonly string[]
}

/** Reads a configuration file and what it refers to. Never rejects: whatever is wrong is among the problems. */
export async function loadConfig(path: string, env: Environment): Promise<Loaded> {
  const problems: string[] = []
  const text = await readText(path, problems)
  const parsed = text === undefined ? { problems: [] } : parseConfig(text, env)
  if ('problems' in parsed) {
    problems.push(...parsed.problems)
    return { config: undefined, problems, warnings: [], paths: [path] }
  }
  const { file } = parsed
  const kubeDns = await readKubeDns(file.kubeDns, problems)
  const references = { kubeDns, resolvConf: await readResolvConfs(file, kubeDns, problems) }
  const assembled = assemble(file, references)
  problems.push(...assembled.problems)
  return {
    config: problems.length === 0 ? assembled.config : undefined,
    problems,
    warnings: assembled.warnings,
    paths: [path, ...(file.kubeDns === undefined ? [] : [file.kubeDns]), ...references.resolvConf.keys()],
  }
}

async function readText(path: string, problems: string[]): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    problems.push(`${path}: cannot be read (${codeOf(error)})`)
    return undefined
  }
}

// One file for each key, as the volume of a ConfigMap has them. A directory that is not there is an empty ConfigMap.
async function readKubeDns(directory: string | undefined, problems: string[]): Promise<References['kubeDns']> {
  const data = new Map<string, string>()
  for (const name of directory === undefined ? [] : await readdir(directory).catch(() => [])) {
    if (name.startsWith('.')) continue
    const text = await readText(join(directory ?? '', name), problems)
    if (text !== undefined) data.set(name, text)
  }
  const { config, problems: found } = parseKubeDns(data)
  problems.push(...found)
  return config
}

async function readResolvConfs(
  { forward }: ConfigFile,
  { upstreamNameservers }: References['kubeDns'],
  problems: string[],
): Promise<References['resolvConf']> {
  const otherwise = upstreamNameservers.length > 0 ? [] : [DEFAULT_RESOLV_CONF]
  const paths = forward.upstreams?.flatMap((upstream) => ('resolvConf' in upstream ? [upstream.resolvConf] : []))
  const servers = new Map<string, readonly Address[]>()
  for (const path of paths ?? otherwise) {
    const found = parseResolvConf((await readText(path, problems)) ?? '')
    if (found.length === 0) problems.push(`forward.upstreams: ${path} names no server`)
    servers.set(path, found)
  }
  return servers
}
