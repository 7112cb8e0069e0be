import type { Address } from './address.ts'
import { assembleForward, type References } from './assemble-forward.ts'
import { assemblePolicy } from './assemble-policy.ts'
import type { Config } from './config.ts'
import { normaliseLabel, readFederations } from './federations.ts'
import type { KubeDnsConfig } from './kube-dns.ts'
import type { ConfigFile } from './schema.ts'

interface Outcome {
  readonly config: Config
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Puts the file and what it refers to together, and finds what contradicts itself. Pure. */
export function assemble(file: ConfigFile, references: References): Outcome {
  const { clusterDomain, bareNames } = file
  const kubeDns = references.kubeDns
  const { federations, problems, warnings } = readFederations(federationsOf(file, kubeDns), {
    clusterDomain,
    bareNames,
  })
  const ours = [...federations.values()].filter(({ bare }) => bare)
  const forward = assembleForward(file, references, ours)
  const policy = assemblePolicy(file, { federations: [...federations.values()], clusterDomain })
  const config: Config = {
    ...file,
    location: withoutEmpty(file.location),
    federations,
    forward: forward.config,
    policy: policy.config,
    allow: file.acl.allow,
    http: file.http?.listen,
    control: file.control,
    lameDuckMs: file.lameDuck,
  }
  return {
    config,
    problems: [
      ...sourceProblems(file),
      ...problems,
      ...forward.problems,
      ...policy.problems,
      ...contradictions(config),
    ],
    warnings: [...warnings, ...forward.warnings],
  }
}

// Of the labels that a node may lack: what is empty is not given.
function withoutEmpty({ zone, region, ...location }: ConfigFile['location']): ConfigFile['location'] {
  return { ...location, ...(zone && { zone }), ...(region && { region }) }
}

function sourceProblems({ source: { manifests, kubernetes } }: ConfigFile): string[] {
  if (manifests !== undefined && kubernetes !== undefined) return ['source: manifests and kubernetes are both given']
  if (manifests === undefined && kubernetes === undefined)
    return ['source: missing; expected manifests, or kubernetes ({} in a pod)']
  if (kubernetes?.context !== undefined && kubernetes.kubeconfig === undefined)
    return ['source.kubernetes.context: a context is one of a kubeconfig; expected source.kubernetes.kubeconfig too']
  return []
}

// Where both name a federation, in whatever letters, the file has the last word.
function federationsOf(file: ConfigFile, kubeDns: KubeDnsConfig): (readonly [string, unknown])[] {
  const given = Object.entries(file.federations)
  const named = new Set(given.map(([name]) => normaliseLabel(name)))
  return [...kubeDns.federations.filter(([name]) => !named.has(normaliseLabel(name))), ...given]
}

function contradictions({ listen, forward, http }: Config): string[] {
  const problems: string[] = []
  const key = ({ host, port }: Address) => `${host} ${port}`
  const own = new Set<string>()
  for (const address of listen) {
    if (address.port !== 0 && own.has(key(address)))
      problems.push(`listen: ${address.host} port ${address.port} is given twice`)
    own.add(key(address))
  }
  if (http !== undefined && http.port !== 0 && own.has(key(http))) {
    problems.push(`http.listen: ${http.host} port ${http.port} is also in listen`)
  }
  const { everything, stubDomains, clusterDns } = forward
  const routes = [everything, ...stubDomains.values()].map(({ upstreams }) => upstreams)
  for (const server of new Set([...routes, clusterDns?.servers ?? []].flat())) {
    if (own.has(key(server)))
      problems.push(`forward: ${server.host} port ${server.port} is an address that we listen on`)
  }
  return problems
}
