import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ask } from '../helpers/asked.ts'
import { eventually } from '../helpers/eventually.ts'
import { MountedVolume } from '../helpers/mounted-volume.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

// The cases of kind `config-sync`: one ConfigMap of kube-dns after the other, mounted into a resolver that runs.

type Data = Readonly<Record<string, string>>

interface Case {
  readonly id: string
  readonly kind: string
  readonly title: string
  readonly input: { readonly sequence: readonly Data[] }
  readonly expect: { readonly effective: 'defaults' | { readonly federations: Data }; readonly logged?: boolean }
}

const file = JSON.parse(readFileSync(`${import.meta.dirname}/kube-dns-cases.json`, 'utf8')) as { cases: Case[] }
const cases = file.cases.filter(({ kind }) => kind === 'config-sync')

const namesIn = ({ federations = '' }: Data): string[] =>
  federations.split(',').flatMap((pair) => pair.split('=').slice(0, 1))

/** Which of these federations are answered, and with which domain. */
async function domainsOf({ port }: RunningResolver, names: Iterable<string>): Promise<Data> {
  const domains: Record<string, string> = {}
  for (const name of names) {
    const fed = `web.shop.${name}.svc.cluster.local`
    const [, link = ''] = await ask({ host: '127.0.0.1', port }, `${fed} CNAME`)
    const [, domain] = new RegExp(` CNAME web\\.shop\\.${name}\\.svc\\.(.+)\\.$`).exec(link) ?? []
    if (domain !== undefined) domains[name] = domain
  }
  return domains
}

// What is not in effect at the end has been refused.
const outcomeOf = (data: Data, wanted: Data): string =>
  namesIn(data).join() === Object.keys(wanted).join()
    ? 'configuration reloaded'
    : 'configuration refused, the one before stays'

for (const { id, title, input, expect } of cases) {
  test(`${id}: ${title}`, async () => {
    await using folder = await temporaryFolder()
    const volume = new MountedVolume(folder.file('kube-dns'))
    const [first = {}, ...later] = input.sequence
    await volume.swap(first)
    await folder.write('cluster/none.json', { apiVersion: 'v1', kind: 'List', items: [] })
    const config = await folder.write('config.yaml', {
      listen: ['127.0.0.1:0'],
      source: { manifests: [folder.file('cluster')] },
      forward: { upstreams: [] },
      kubeDns: folder.file('kube-dns'),
    })
    await using resolver = await startResolver({ config })
    const names = input.sequence.flatMap(namesIn)
    assert.deepEqual(Object.keys(await domainsOf(resolver, names)), namesIn(first))
    const wanted = expect.effective === 'defaults' ? {} : expect.effective.federations
    for (const data of later) {
      await resolver.loggedAfter(
        () => volume.swap(data),
        ({ msg, problem }) =>
          msg === outcomeOf(data, wanted) && (expect.logged !== true || /federations/.test(String(problem))),
      )
    }
    await eventually(async () => assert.deepEqual(await domainsOf(resolver, names), wanted))
  })
}

test('there are such cases', () => assert.equal(cases.length, 4))
