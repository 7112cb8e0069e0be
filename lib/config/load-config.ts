import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../base/error-text.ts'
import type { Address } from './address.ts'
import { parseResolvConf } from './resolv-conf.ts'
import { problemOfAuthorities } from './authorities.ts'
import { assemble } from './assemble.ts'
import { DEFAULT_RESOLV_CONF, type References } from './assemble-forward.ts'
import type { Config } from './config.ts'
import { parseCookieSecrets } from './cookie-secrets.ts'
import { loadTls } from './load-tls.ts'
import { KUBE_DNS_KEYS, parseKubeDns } from './kube-dns.ts'
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

/**
 * Reads a configuration file and what it refers to, at this time (since 1970). Never rejects: whatever is wrong is among
 * the problems.
 */
export async function loadConfig(path: string, env: Environment, nowMs: number): Promise<Loaded> {
  const problems: string[] = []
  const text = await readText(path, problems)
  const { file, problems: found } = text === undefined ? NOTHING : parseConfig(text, env)
  problems.push(...found)
  if (file === undefined) return { config: undefined, problems, warnings: [], paths: [path] }
  await checkKubeconfig(file, problems)
  const ca = await readCa(file, problems)
  const cookieSecrets = await readCookieSecrets(file, problems)
  const kubeDns = await readKubeDns(file.kubeDns, problems)
  const resolvConf = await readResolvConfs(file, kubeDns, problems)
  const { tls, problems: tlsProblems, warnings: tlsWarnings } = await loadTls(file.tls, readText, nowMs)
  const references = { kubeDns, resolvConf, ca, cookieSecrets, tls }
  const { config, problems: contradictions, warnings } = assemble(file, references)
  problems.push(...tlsProblems, ...contradictions)
  return {
    config: problems.length === 0 ? config : undefined,
    problems,
    // What seems odd may be so because of a problem.
    warnings: problems.length === 0 ? [...warnings, ...tlsWarnings] : [],
    paths: [path, ...pathsIn(file), ...resolvConf.keys()],
  }
}

const pathsIn = ({ kubeDns, forward, edns, tls }: ConfigFile): string[] =>
  [kubeDns, forward.ca, edns.secretFile, tls?.certificate, tls?.key].filter((one) => one !== undefined)

const NOTHING: ReturnType<typeof parseConfig> = { file: undefined, problems: [] }

async function readText(path: string, problems: string[]): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    problems.push(`${path}: cannot be read (${codeOf(error)})`)
    return undefined
  }
}

// What it says is known when the API server is asked; that it is not there, now.
async function checkKubeconfig({ source }: ConfigFile, problems: string[]): Promise<void> {
  const path = source.kubernetes?.kubeconfig
  if (path === undefined) return
  const found: string[] = []
  await readText(path, found)
  problems.push(...found.map((problem) => `source.kubernetes.kubeconfig: ${problem}`))
}

async function readCa({ forward: { ca } }: ConfigFile, problems: string[]): Promise<string | undefined> {
  if (ca === undefined) return undefined
  const found: string[] = []
  const pem = await readText(ca, found)
  const fault = pem === undefined ? undefined : problemOfAuthorities(pem)
  if (fault !== undefined) found.push(`${ca}: ${fault}`)
  problems.push(...found.map((problem) => `forward.ca: ${problem}`))
  return pem
}

async function readCookieSecrets({ edns: { secretFile } }: ConfigFile, problems: string[]): Promise<readonly string[]> {
  if (secretFile === undefined) return []
  const found: string[] = []
  const text = await readText(secretFile, found)
  const { secrets, problem } = text === undefined ? { secrets: [] } : parseCookieSecrets(text)
  if (problem !== undefined) found.push(`${secretFile}: ${problem}`)
  problems.push(...found.map((one) => `edns.secretFile: ${one}`))
  return secrets
}

// One file for each key, as the volume of a ConfigMap has them. A key, or a directory, that is not there says nothing.
async function readKubeDns(directory: string | undefined, problems: string[]): Promise<References['kubeDns']> {
  const data = new Map<string, string>()
  for (const key of directory === undefined ? [] : KUBE_DNS_KEYS) {
    try {
      data.set(key, await readFile(join(directory ?? '', key), 'utf8'))
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') problems.push(`kubeDns: ${directory}/${key} cannot be read (${codeOf(error)})`)
    }
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
  const found: string[] = []
  for (const path of new Set(paths ?? otherwise)) {
    const text = await readText(path, found)
    servers.set(path, parseResolvConf(text ?? ''))
    if (text !== undefined && servers.get(path)?.length === 0) found.push(`${path}: names no server`)
  }
  problems.push(...found.map((problem) => `forward.upstreams: ${problem}`))
  return servers
}
