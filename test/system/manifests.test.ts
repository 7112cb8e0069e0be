import assert from 'node:assert/strict'
import { readFile, rename } from 'node:fs/promises'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { ask } from '../helpers/asked.ts'
import { eventually } from '../helpers/eventually.ts'
import { MountedVolume } from '../helpers/mounted-volume.ts'
import { type KubernetesObject, node, service, slice } from '../helpers/objects.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'

const HOST = '127.0.0.1'
const yaml = (...objects: readonly KubernetesObject[]): string => objects.map((o) => stringify(o)).join('---\n')

/** A resolver of the files in the folder `cluster`. */
async function resolverOf(folder: TemporaryFolder, more: object = {}): Promise<RunningResolver> {
  const config = await folder.write('config.yaml', {
    federations: { fleet: 'example.com' },
    listen: [`${HOST}:0`],
    source: { manifests: [folder.file('cluster')], grace: '0s' },
    forward: { upstreams: [] },
    lameDuck: '0s',
    ...more,
  })
  return startResolver({ config, env: { NODE_NAME: 'n1' } })
}

const FED = 'web.shop.fleet.svc.cluster.local.'
const LOCAL = 'web.shop.svc.cluster.local.'

const asker =
  ({ port }: RunningResolver) =>
  (question: string) =>
    ask({ host: HOST, port }, question)

const here = ['NOERROR', `${FED} CNAME ${LOCAL}`]
const away = (place: string) => ['NOERROR', `${FED} CNAME web.shop.fleet.svc.${place}example.com.`]

test('a change of an EndpointSlice is seen without a restart, each way', async () => {
  await using folder = await temporaryFolder()
  await folder.write('cluster/web.yaml', yaml(service('web.shop')))
  await folder.write('cluster/slice.yaml', yaml(slice('web.shop', ['10.1.0.1'])))
  await using resolver = await resolverOf(folder)
  const asked = asker(resolver)
  assert.deepEqual(await asked(`${FED} CNAME`), here)
  await folder.replace('cluster/slice.yaml', yaml(slice('web.shop', ['!10.1.0.1'])))
  await eventually(async () => assert.deepEqual(await asked(`${FED} CNAME`), away('')))
  await folder.write('cluster/slice.yaml', yaml(slice('web.shop', ['10.1.0.2'])))
  await eventually(async () => assert.deepEqual(await asked(`${FED} A`), [...here, `${LOCAL} A 10.0.0.1`]))
  await folder.remove('cluster/slice.yaml')
  await eventually(async () => assert.deepEqual(await asked(`${FED} CNAME`), away('')))
})

test('a change of the labels of this node is seen, of another node it is not', async () => {
  await using folder = await temporaryFolder()
  await folder.write('cluster/nodes.yaml', yaml(node('n1', 'z1.r1'), node('n2', 'z2.r2')))
  await using resolver = await resolverOf(folder)
  const asked = asker(resolver)
  assert.deepEqual(await asked(`${FED} CNAME`), away('z1.'))
  await folder.replace('cluster/nodes.yaml', yaml(node('n1', 'z3.r1'), node('n2', 'z4.r2')))
  await eventually(async () => assert.deepEqual(await asked(`${FED} CNAME`), away('z3.')))
})

test('a broken file keeps the answers, is named in the log, and counts again when it is mended', async () => {
  await using folder = await temporaryFolder()
  const good = yaml(service('web.shop'), slice('web.shop', ['10.1.0.1']))
  await folder.write('cluster/web.yaml', good)
  await using resolver = await resolverOf(folder)
  const asked = asker(resolver)
  const problem = await resolver.loggedAfter(
    () => folder.write('cluster/web.yaml', `${good}---\nkind: [\n`),
    ({ msg }) => msg === 'manifest not used as it stands',
  )
  assert.match(String(problem['problem']), /cluster\/web\.yaml: line \d+: /)
  assert.deepEqual(await asked(`${FED} CNAME`), here)
  await folder.write('cluster/web.yaml', yaml(service('web.shop', '10.0.0.7'), slice('web.shop', ['10.1.0.1'])))
  await eventually(async () => assert.deepEqual(await asked(`${FED} A`), [...here, `${LOCAL} A 10.0.0.7`]))
})

test('a broken file keeps the answers also when other settings of health are taken meanwhile', async () => {
  await using folder = await temporaryFolder()
  const good = yaml(service('web.shop'), slice('web.shop', ['10.1.0.1']))
  await folder.write('cluster/web.yaml', good)
  await using resolver = await resolverOf(folder)
  const asked = asker(resolver)
  await resolver.loggedAfter(
    () => folder.write('cluster/web.yaml', `${good}---\nkind: [\n`),
    ({ msg }) => msg === 'manifest not used as it stands',
  )
  const config = JSON.parse(await readFile(folder.file('config.yaml'), 'utf8')) as object
  await resolver.loggedAfter(
    () => folder.replace('config.yaml', { ...config, health: { leaveAfter: '1s' } }),
    ({ msg }) => msg === 'configuration reloaded',
  )
  assert.deepEqual(await asked(`${FED} CNAME`), here)
})

test('no manifest ends the process, whatever stands in it', async () => {
  await using folder = await temporaryFolder()
  const good = yaml(service('web.shop'), slice('web.shop', ['10.1.0.1']))
  await folder.write('cluster/web.yaml', good)
  await using resolver = await resolverOf(folder)
  const asked = asker(resolver)
  const odd = {
    ...service('odd.shop'),
    spec: { clusterIP: '10.0.0.3', ports: [{ port: 80, protocol: { toString: 1 } }] },
  }
  for (const [i, text] of [
    '&a [*a]\n',
    'kind: &a { b: *a }\n',
    yaml(odd),
    `a: ${'['.repeat(20_000)}\n`,
    '\0',
  ].entries()) {
    await folder.write('cluster/odd.yaml', text)
    // Written after it, so that it is seen only when the one before has been dealt with.
    await folder.write('cluster/web.yaml', yaml(service('web.shop', `10.0.1.${i}`), slice('web.shop', ['10.1.0.1'])))
    await eventually(async () => assert.deepEqual(await asked(`${FED} A`), [...here, `${LOCAL} A 10.0.1.${i}`]))
  }
})

test('a directory that is gone keeps the answers, and counts again when it is back', async () => {
  await using folder = await temporaryFolder()
  await folder.write('cluster/web.yaml', yaml(service('web.shop'), slice('web.shop')))
  await using resolver = await resolverOf(folder)
  const asked = asker(resolver)
  await resolver.loggedAfter(
    () => rename(folder.file('cluster'), folder.file('away')),
    ({ msg, problem }) => msg === 'manifest not used as it stands' && /cannot be read/.test(String(problem)),
  )
  assert.deepEqual(await asked(`${FED} CNAME`), here)
  await folder.write('cluster/node.yaml', yaml(node('n1', 'z1.r1')))
  await eventually(async () => assert.deepEqual(await asked(`${FED} CNAME`), away('z1.')))
})

test('the swap of the link of a mounted volume is seen', async () => {
  await using folder = await temporaryFolder()
  const volume = new MountedVolume(folder.file('cluster'))
  await volume.swap({ 'web.yaml': yaml(service('web.shop'), slice('web.shop')) })
  await using resolver = await resolverOf(folder)
  const asked = asker(resolver)
  assert.deepEqual(await asked(`${FED} A`), [...here, `${LOCAL} A 10.0.0.1`])
  await volume.swap({ 'web.yaml': yaml(service('web.shop', '10.0.0.9'), slice('web.shop')) })
  await eventually(async () => assert.deepEqual(await asked(`${FED} A`), [...here, `${LOCAL} A 10.0.0.9`]))
})

test('a namespace that is called like a federation is told of, once it is there', async () => {
  await using folder = await temporaryFolder()
  await folder.write('cluster/web.yaml', yaml(service('web.shop')))
  await using resolver = await resolverOf(folder)
  const line = await resolver.loggedAfter(
    () => folder.write('cluster/fleet.yaml', yaml(service('web.fleet'))),
    ({ msg }) => msg === 'a namespace is called like a federation',
  )
  assert.deepEqual([line.level, line['federation']], ['warn', 'fleet'])
})

test('while nothing could ever be read, answers wait for the time of grace, and it is not ready', async () => {
  await using folder = await temporaryFolder()
  const source = { manifests: [folder.file('cluster')], grace: '10m' }
  await using resolver = await resolverOf(folder, { source, http: { listen: `${HOST}:0` } })
  const asked = asker(resolver)
  assert.deepEqual(await asked(`${FED} CNAME`), ['SERVFAIL'])
  const ready = await fetch(`${resolver.httpUrl}/readyz`)
  assert.deepEqual([ready.status, await ready.text()], [503, 'not ready: the state of the cluster is not known\n'])
  await folder.write('cluster/web.yaml', yaml(service('web.shop'), slice('web.shop')))
  await eventually(async () => assert.deepEqual(await asked(`${FED} CNAME`), here))
  assert.equal((await fetch(`${resolver.httpUrl}/readyz`)).status, 200)
})
