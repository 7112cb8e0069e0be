import { quote } from '../base/fields.ts'
import { formatName, isAtOrBelow, type Name, nameOf, ROOT } from '../dns/name.ts'
import type { Blocking, PolicyConfig } from './config.ts'
import { type FederationConfig, normaliseDomain } from './federations.ts'
import type { ConfigFile } from './schema.ts'

interface Outcome {
  readonly config: PolicyConfig
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** A zone whose names are ours, or the cluster's, and what they are called. */
interface OurZone {
  readonly zone: Name
  readonly what: string
}

/** Puts together what is not to be answered. To hide all of our names is a problem; some of them, worth a warning. */
export function assemblePolicy(
  { policy }: ConfigFile,
  ours: { readonly federations: readonly FederationConfig[]; readonly clusterDomain: Name },
): Outcome {
  const block = new Map<Name, Blocking>()
  const problems: string[] = []
  const warnings: string[] = []
  const zones = zonesOf(ours)
  for (const [text, kind] of Object.entries(policy.block)) {
    const domain = normaliseDomain(text)
    if (domain === undefined || domain === ROOT) {
      problems.push(`policy.block: ${quote(text)} is not a domain name, such as ads.example`)
      continue
    }
    if (block.has(domain)) problems.push(`policy.block: ${quote(text)} is given twice`)
    block.set(domain, kind)
    const shown = `policy.block: ${quote(formatName(domain))}`
    const hidden = zones.find(({ zone }) => isAtOrBelow(zone, domain))
    const touched = zones.findLast(({ zone }) => isAtOrBelow(domain, zone))
    if (hidden !== undefined) problems.push(`${shown} would hide ${hidden.what}`)
    else if (touched !== undefined) warnings.push(`${shown} hides a part of ${touched.what}`)
  }
  return { config: { block, noAAAA: policy.noAAAA }, problems, warnings }
}

// Those of federations last, as some are below those of the cluster.
function zonesOf({ federations, clusterDomain }: Parameters<typeof assemblePolicy>[1]): OurZone[] {
  const zones = federations.flatMap(({ name, domain, bare }) => {
    const ofOne = [
      nameOf([name, 'svc'], clusterDomain),
      nameOf([name, 'svc'], domain),
      ...(bare ? [nameOf([name])] : []),
    ]
    return ofOne.map((zone) => ({ zone, what: `the federation "${name}"` }))
  })
  return [{ zone: nameOf(['svc'], clusterDomain), what: 'the names of the cluster' }, ...zones]
}
