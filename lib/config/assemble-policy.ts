import { quote } from '../base/fields.ts'
import { formatName, isAtOrBelow, type Name, nameOf, ROOT } from '../dns/name.ts'
import type { Blocking, PolicyConfig } from './config.ts'
import { type FederationConfig, normaliseDomain } from './federations.ts'
import type { ConfigFile } from './schema.ts'

interface Outcome {
  readonly config: PolicyConfig
  readonly problems: readonly string[]
}

/** Puts together what is not to be answered. What it would hide of our own names is a problem. */
export function assemblePolicy(
  { policy }: ConfigFile,
  ours: { readonly federations: readonly FederationConfig[]; readonly clusterDomain: Name },
): Outcome {
  const block = new Map<Name, Blocking>()
  const problems: string[] = []
  for (const [text, kind] of Object.entries(policy.block)) {
    const domain = normaliseDomain(text)
    if (domain === undefined || domain === ROOT) {
      problems.push(`policy.block: ${quote(text)} is not a domain name, such as ads.example`)
      continue
    }
    if (block.has(domain)) problems.push(`policy.block: ${quote(text)} is given twice`)
    block.set(domain, kind)
    const hidden = hiddenBy(domain, ours)
    if (hidden !== undefined) problems.push(`policy.block: ${quote(formatName(domain))} would hide ${hidden}`)
  }
  return { config: { block, noAAAA: policy.noAAAA }, problems }
}

function hiddenBy(
  domain: Name,
  { federations, clusterDomain }: Parameters<typeof assemblePolicy>[1],
): string | undefined {
  if (isAtOrBelow(nameOf(['svc'], clusterDomain), domain)) return 'the names of the cluster'
  const federation = federations.find((one) =>
    [
      ...(one.bare ? [nameOf([one.name])] : []),
      nameOf([one.name, 'svc'], clusterDomain),
      nameOf([one.name, 'svc'], one.domain),
    ].some((zone) => isAtOrBelow(zone, domain)),
  )
  return federation && `the federation "${federation.name}"`
}
