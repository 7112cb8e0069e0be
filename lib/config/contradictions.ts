import { isIPv4 } from 'node:net'
import { type Address, isWildcard } from './address.ts'
import { formatDuration } from './format-duration.ts'
import type { ConfigFile } from './schema.ts'

/** What contradicts itself in the file, whatever it refers to. */
export const contradictions = (file: ConfigFile): string[] => [
  ...sourceProblems(file),
  ...listenProblems(file),
  ...tlsProblems(file),
  ...lifetimeProblems(file),
  ...cookieProblems(file),
]

function sourceProblems({ source: { manifests, kubernetes } }: ConfigFile): string[] {
  if (manifests !== undefined && kubernetes !== undefined) return ['source: manifests and kubernetes are both given']
  if (manifests === undefined && kubernetes === undefined)
    return ['source: missing; expected manifests, or kubernetes ({} in a pod)']
  if (kubernetes?.context !== undefined && kubernetes.kubeconfig === undefined)
    return ['source.kubernetes.context: a context is one of a kubeconfig; expected source.kubernetes.kubeconfig too']
  return []
}

function listenProblems({ listen, http }: ConfigFile): string[] {
  const fixed = listen.filter(({ port }) => port !== 0)
  const problems = fixed
    .filter((address, i) => fixed.findIndex((other) => isSame(address, other)) < i)
    .map((address) => `listen: ${written(address)} is given twice`)
  return http?.listen === undefined ? problems : [...problems, ...takenProblems(http.listen, fixed)]
}

function tlsProblems({ listen, tls }: ConfigFile): string[] {
  if (tls !== undefined || !listen.some(({ isEncrypted }) => isEncrypted)) return []
  return ['tls: missing; expected a mapping of the keys certificate, key, as listen has tls://']
}

function takenProblems(http: Address, listen: readonly Address[]): string[] {
  const taken = listen.find((address) => address.port === http.port && covers(http, address))
  if (taken === undefined) return []
  const where = isSame(taken, http) ? '' : ` as ${written(taken)}`
  return [`http.listen: ${written(http)} is also in listen${where}`]
}

const written = ({ host, port }: Address): string => `${host} port ${port}`

const isSame = (one: Address, other: Address): boolean => written(one) === written(other)

// The unspecified IPv6 address stands for those of IPv4 too.
const covers = ({ host }: Address, one: Address): boolean =>
  host === one.host || (isWildcard(host) && (!isIPv4(host) || isIPv4(one.host)))

function lifetimeProblems({ cache }: ConfigFile): string[] {
  const { minTtl } = cache
  return (['maxTtl', 'maxNegativeTtl'] as const)
    .filter((most) => minTtl > cache[most])
    .map((most) => `cache.minTtl: ${formatDuration(minTtl)} is more than cache.${most}, ${formatDuration(cache[most])}`)
}

// Secrets of its own would make each node refuse the cookies of all others.
const cookieProblems = ({ edns: { cookies, secretFile } }: ConfigFile): string[] =>
  cookies === 'off' || secretFile !== undefined
    ? []
    : [`edns.secretFile: missing; expected the file of secrets that all nodes share, for edns.cookies: ${cookies}`]
