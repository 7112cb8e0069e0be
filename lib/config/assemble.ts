import { assembleForward, type References } from './assemble-forward.ts'
import { assemblePolicy } from './assemble-policy.ts'
import type { Config } from './config.ts'
import { contradictions } from './contradictions.ts'
import { normaliseLabel, readFederations } from './federations.ts'
import { limitedNetworks } from './limited-networks.ts'
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
    tls: references.tls,
    forward: forward.config,
    policy: policy.config,
    allow: file.acl.allow,
    edns: { nsid: file.edns.nsid, cookies: file.edns.cookies, cookieSecrets: references.cookieSecrets },
    http: file.http?.listen,
    control: file.control,
    lameDuckMs: file.lameDuck,
  }
  return {
    config,
    problems: [...contradictions(file), ...problems, ...forward.problems, ...policy.problems],
    warnings: [
      ...warnings,
      ...forward.warnings,
      ...policy.warnings,
      ...uselessTls(file),
      ...uselessSecrets(file),
      ...limitedNetworks(file),
    ],
  }
}

const uselessSecrets = ({ edns: { cookies, secretFile } }: ConfigFile): string[] =>
  cookies === 'off' && secretFile !== undefined ? ['edns.secretFile: not used, as edns.cookies is off'] : []

const uselessTls = ({ listen, tls }: ConfigFile): string[] =>
  tls === undefined || listen.some(({ isEncrypted }) => isEncrypted)
    ? []
    : ['tls: not used, as no address of listen is tls://']

// Of the labels that a node may lack: what is empty is not given.
function withoutEmpty({ zone, region, ...location }: ConfigFile['location']): ConfigFile['location'] {
  return { ...location, ...(zone && { zone }), ...(region && { region }) }
}

// Where both name a federation, in whatever letters, the file has the last word.
function federationsOf(file: ConfigFile, kubeDns: KubeDnsConfig): (readonly [string, unknown])[] {
  const given = Object.entries(file.federations)
  const named = new Set(given.map(([name]) => normaliseLabel(name)))
  return [...kubeDns.federations.filter(([name]) => !named.has(normaliseLabel(name))), ...given]
}
