import { type RunningResolver, startResolver } from '../../helpers/running-resolver.ts'
import type { TemporaryFolder } from '../../helpers/temporary-folder.ts'
import { configWith, isReloaded } from './resolver-with.ts'

/** An API server: where it is, or the path of a kubeconfig that says so. */
type Source = ({ readonly url: string } | { readonly kubeconfig: string }) & {
  /** Fields of `source.kubernetes`. */
  readonly kubernetes?: object
}

export const isKnown = ({ msg }: { readonly msg: string }): boolean => msg === 'the cluster is known, and watched'

/** Starts a resolver that watches the API server there, and waits until it knows the cluster. */
export async function watchingResolver(
  folder: TemporaryFolder,
  source: Source,
  sections: object,
): Promise<RunningResolver> {
  const config = await folder.write('config.yaml', await watchingConfig(folder, source, sections))
  const resolver = await startResolver({ config })
  await resolver.logged(isKnown)
  return resolver
}

export async function rewatch(
  resolver: RunningResolver,
  folder: TemporaryFolder,
  { source, sections }: { readonly source: Source; readonly sections: object },
): Promise<void> {
  const config = await watchingConfig(folder, source, sections)
  await resolver.loggedAfter(() => folder.replace('config.yaml', config), isReloaded)
}

async function watchingConfig(folder: TemporaryFolder, source: Source, sections: object): Promise<object> {
  const kubeconfig = 'url' in source ? await writeKubeconfig(folder, source.url) : source.kubeconfig
  return configWith(folder, {
    source: { kubernetes: { kubeconfig, ...source.kubernetes }, grace: '1h' },
    location: { zone: 'z', region: 'r' },
    ...sections,
  })
}

const writeKubeconfig = (folder: TemporaryFolder, url: string): Promise<string> =>
  folder.write('kubeconfig', {
    clusters: [{ name: 'here', cluster: { server: url } }],
    users: [{ name: 'tester', user: { token: 'one' } }],
    contexts: [{ name: 'test', context: { cluster: 'here', user: 'tester' } }],
    'current-context': 'test',
  })
