import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'

type Fields = Readonly<Record<string, unknown>>

interface Parts {
  readonly cluster: Fields
  readonly user?: Fields
}

/** A kubeconfig of one cluster, one user and one context. */
export const kubeconfigOf = ({ cluster, user = {} }: Parts): object => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'here', cluster }],
  users: [{ name: 'tester', user }],
  contexts: [{ name: 'test', context: { cluster: 'here', user: 'tester' } }],
  'current-context': 'test',
})

/** As the data of a kubeconfig. */
export const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A folder of its own with the file `config`. */
export async function kubeconfigFolder(parts: Parts): Promise<TemporaryFolder> {
  const folder = await temporaryFolder()
  await folder.write('config', kubeconfigOf(parts))
  return folder
}
