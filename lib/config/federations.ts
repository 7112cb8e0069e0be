import tlds from 'tlds' with { type: 'json' }
import { printable, quote } from '../base/fields.ts'
import {
  formatName,
  isAtOrBelow,
  isRfc1123Label,
  labelsOf,
  MAX_NAME_OCTETS,
  type Name,
  nameOf,
  parseName,
  ROOT,
} from '../dns/name.ts'

export interface FederationConfig {
  readonly name: string
  readonly domain: Name
  /** Whether the short form, `<svc>.<ns>.<fed>`, is answered. */
  readonly bare: boolean
}

export type BareNames = 'auto' | 'always' | 'never'

// Labels with a meaning of their own in the names of a cluster.
const RESERVED = new Set(['svc', 'pod'])

// The single-label entries of the IANA registry "Special-Use Domain Names", and `internal` (ICANN, 2024).
const SPECIAL_USE = ['alt', 'arpa', 'example', 'internal', 'invalid', 'local', 'localhost', 'onion', 'test']
const TOP_LEVEL = new Set([...tlds, ...SPECIAL_USE])

interface Outcome {
  readonly federations: ReadonlyMap<string, FederationConfig>
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Upper case and a final dot change nothing; undefined if it is no domain name of RFC 1123 labels. */
export function normaliseDomain(text: string): Name | undefined {
  try {
    const name = parseName(text)
    return text !== '' && labelsOf(name).every(isRfc1123Label) ? name : undefined
  } catch {
    return undefined
  }
}

/** Upper case and a final dot change nothing. */
export const normaliseLabel = (text: string): string => text.toLowerCase().replace(/\.$/, '')

/** Reads federations, name and domain, and refuses those that could not work or would lead queries back to us. */
export function readFederations(
  entries: Iterable<readonly [string, unknown]>,
  { clusterDomain, bareNames }: { readonly clusterDomain: Name; readonly bareNames: BareNames },
): Outcome {
  const federations = new Map<string, FederationConfig>()
  const problems: string[] = []
  const warnings: string[] = []
  for (const [key, value] of entries) {
    const name = normaliseLabel(key)
    const problem = problemOfName(name) ?? (federations.has(name) ? 'is given twice' : undefined)
    const domain = typeof value === 'string' ? normaliseDomain(value) : undefined
    if (problem !== undefined) problems.push(`federations: name ${quote(key)} ${problem}`)
    if (domain === undefined || domain === ROOT) {
      problems.push(`federations.${printable(key)}: ${quote(value)} is not a domain name, such as example.com`)
      continue
    }
    const isHidden = bareNames === 'auto' && TOP_LEVEL.has(name)
    if (isHidden) warnings.push(topLevelWarning(name))
    const bare = bareNames !== 'never' && !isHidden
    if (problem === undefined) federations.set(name, { name, domain, bare })
  }
  problems.push(...withoutTooLong(federations, clusterDomain))
  problems.push(...leadingBack([...federations.values()], clusterDomain))
  return { federations, problems, warnings }
}

function problemOfName(name: string): string | undefined {
  if (!isRfc1123Label(name)) return 'is not an RFC 1123 label'
  return RESERVED.has(name) ? 'is reserved in the names of a cluster' : undefined
}

// Takes them out as well: nothing can be made of their names.
function withoutTooLong(federations: Map<string, FederationConfig>, clusterDomain: Name): string[] {
  return [...federations.values()].flatMap((one) => {
    const problems = tooLong(one, clusterDomain)
    if (problems.length > 0) federations.delete(one.name)
    return problems
  })
}

// Not even a Service of one letter in a namespace of one letter would have a name.
function tooLong({ name, domain }: FederationConfig, clusterDomain: Name): string[] {
  const front = ['s', 'n', name, 'svc'].reduce((octets, label) => octets + 1 + label.length, 0)
  return [domain, clusterDomain]
    .filter(({ length }) => front + length > MAX_NAME_OCTETS)
    .map((above) => {
      const octets = `${front + above.length} octets or more, ${MAX_NAME_OCTETS} are allowed`
      return `federations.${name}: names in ${printable(formatName(above))} would have ${octets}`
    })
}

const topLevelWarning = (name: string): string =>
  `federations: "${name}" is also a top-level or special-use domain, so only the long names are answered (<service>.<namespace>.${name}.svc.<clusterDomain>); set bareNames: always to answer the short ones as well`

function leadingBack(federations: readonly FederationConfig[], clusterDomain: Name): string[] {
  const zones = federations.map(({ name }) => ({ zone: nameOf([name]), what: `the federation "${name}"` }))
  zones.push({ zone: clusterDomain, what: 'the cluster domain' })
  const problems = federations.flatMap(({ name, domain }) =>
    zones
      .filter(({ zone }) => isAtOrBelow(domain, zone))
      .map(
        ({ what }) =>
          `federations.${name}: the domain is at or below ${what}, so its public names would lead back here`,
      ),
  )
  for (const { name, bare } of federations) {
    if (bare && isAtOrBelow(clusterDomain, nameOf([name]))) {
      problems.push(`federations: the cluster domain is at or below "${name}", whose short names would hide it`)
    }
  }
  return problems
}
