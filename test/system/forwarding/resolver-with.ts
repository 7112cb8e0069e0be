import { type LogLine, type RunningResolver, startResolver } from '../../helpers/running-resolver.ts'
import type { TemporaryFolder } from '../../helpers/temporary-folder.ts'
import { type Family, parsePrometheusText } from '../../observe/prometheus-text.ts'

export const HOST = '127.0.0.1'

export const isReloaded = ({ msg }: LogLine): boolean => msg === 'configuration reloaded'
export const isUnchanged = ({ msg }: LogLine): boolean => msg === 'configuration unchanged'
export const isRefused = ({ msg }: LogLine): boolean => msg === 'configuration refused, the one before stays'

/** A configuration of a cluster without objects, but for these sections. */
export const configWith = (folder: TemporaryFolder, sections: object): object => ({
  listen: [`${HOST}:0`],
  http: { listen: `${HOST}:0` },
  source: { manifests: [folder.file('cluster.json')] },
  lameDuck: '0s',
  ...sections,
})

/** Starts a resolver with it; the file is `config.yaml` in the folder. */
export async function resolverWith(folder: TemporaryFolder, sections: object): Promise<RunningResolver> {
  await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items: [] })
  return startResolver({ config: await folder.write('config.yaml', configWith(folder, sections)) })
}

/** Takes other sections over, by a change of the file. */
export async function reloadWith(
  resolver: RunningResolver,
  folder: TemporaryFolder,
  sections: object,
): Promise<LogLine> {
  return resolver.loggedAfter(() => folder.replace('config.yaml', configWith(folder, sections)), isReloaded)
}

export async function metricsOf({ httpUrl }: RunningResolver): Promise<Map<string, Family>> {
  return parsePrometheusText(await (await fetch(`${httpUrl}/metrics`)).text())
}

/** All samples, by name and labels. */
export async function samplesOf(resolver: RunningResolver): Promise<ReadonlyMap<string, number>> {
  return new Map([...(await metricsOf(resolver)).values()].flatMap(({ samples }) => [...samples]))
}
