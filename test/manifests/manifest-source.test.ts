import assert from 'node:assert/strict'
import { rename, rm, symlink } from 'node:fs/promises'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { objectKey } from '../../lib/cluster/objects.ts'
import { ManifestSource } from '../../lib/manifests/manifest-source.ts'
import { MountedVolume } from '../helpers/mounted-volume.ts'
import { node, service, slice } from '../helpers/objects.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

/** A source of these paths; `read` gives the keys of the objects, in order, and `problems` what was said since. */
function source(...paths: readonly string[]) {
  const told: string[] = []
  const manifests = new ManifestSource({ paths, onProblem: (problem) => told.push(problem) })
  return {
    read: async () => (await manifests.read())?.map(objectKey).sort(),
    objects: () => manifests.read(),
    problems: () => told.splice(0),
  }
}

const WEB = 'Service shop/web'
const SLICE = 'EndpointSlice shop/web-a'
const BOTH = [SLICE, WEB]

test('a directory gives the objects of its YAML and JSON files, and of no others', async () => {
  await using folder = await temporaryFolder()
  await folder.write('m/web.yaml', [service('web.shop'), slice('web.shop')].map((o) => stringify(o)).join('---\n'))
  await folder.write('m/node.json', node('n1', 'z.r'))
  await folder.write('m/db.yml', service('db.shop'))
  for (const name of ['README.md', 'web.yaml~', '.hidden.yaml', 'x.yaml.bak', '#web.yaml#'])
    await folder.write(`m/${name}`, service('other.shop'))
  await folder.write('m/below/deep.yaml', service('deep.shop'))
  const { read, problems } = source(folder.file('m'))
  assert.deepEqual(await read(), [SLICE, 'Node n1', 'Service shop/db', WEB])
  assert.deepEqual(problems(), [])
})

test('a path may be a file, whatever its name, and paths add up', async () => {
  await using folder = await temporaryFolder()
  const web = await folder.write('web.manifest', service('web.shop'))
  await folder.write('m/node.yaml', node('n1', 'z.r'))
  assert.deepEqual(await source(web, folder.file('m')).read(), ['Node n1', WEB])
})

test('nothing is known while nothing could be read', async () => {
  await using folder = await temporaryFolder()
  const { read, problems } = source(folder.file('later'))
  assert.equal(await read(), undefined)
  assert.match(problems().join('\n'), /later: cannot be read/)
  await folder.write('later/web.yaml', service('web.shop'))
  assert.deepEqual(await read(), [WEB])
})

test('nothing is known while the only file has never been right', async () => {
  await using folder = await temporaryFolder()
  const path = await folder.write('web.yaml', 'kind: [')
  const { read, problems } = source(path)
  assert.equal(await read(), undefined)
  assert.match(problems().join('\n'), /web\.yaml: line \d+: /)
  await folder.write('web.yaml', service('web.shop'))
  assert.deepEqual(await read(), [WEB])
})

test('an empty directory is a cluster without objects', async () => {
  await using folder = await temporaryFolder()
  const { read, problems } = source(folder.path)
  assert.deepEqual([await read(), problems()], [[], []])
})

test('a change of a file counts, by writing and by renaming', async () => {
  await using folder = await temporaryFolder()
  const { read } = source(folder.file('m'))
  await folder.write('m/web.yaml', service('web.shop'))
  assert.deepEqual(await read(), [WEB])
  await folder.replace('m/web.yaml', service('db.shop'))
  assert.deepEqual(await read(), ['Service shop/db'])
  await folder.write('m/web.yaml', service('web.shop'))
  assert.deepEqual(await read(), [WEB])
})

test('a file that is gone from a directory takes its objects with it', async () => {
  await using folder = await temporaryFolder()
  await folder.write('m/web.yaml', service('web.shop'))
  await folder.write('m/slice.yaml', slice('web.shop'))
  const { read, problems } = source(folder.file('m'))
  assert.deepEqual(await read(), BOTH)
  await folder.remove('m/web.yaml')
  assert.deepEqual([await read(), problems()], [[SLICE], []])
})

test('a directory that is gone keeps its objects, and comes back with what it has then', async () => {
  await using folder = await temporaryFolder()
  await folder.write('m/web.yaml', service('web.shop'))
  const { read, problems } = source(folder.file('m'))
  await read()
  await rename(folder.file('m'), folder.file('away'))
  assert.deepEqual(await read(), [WEB])
  assert.match(problems().join('\n'), /m: cannot be read; what was last read of it still counts/)
  await folder.write('m/db.yaml', service('db.shop'))
  assert.deepEqual([await read(), problems()], [['Service shop/db'], []])
})

test('a path that is a file and is gone keeps its objects', async () => {
  await using folder = await temporaryFolder()
  const path = await folder.write('web.yaml', service('web.shop'))
  const { read, problems } = source(path)
  await read()
  await rm(path)
  assert.deepEqual(await read(), [WEB])
  assert.match(problems().join('\n'), /web\.yaml: cannot be read/)
})

test('one path that cannot be read takes nothing from the others', async () => {
  await using folder = await temporaryFolder()
  await folder.write('a/web.yaml', service('web.shop'))
  const { read } = source(folder.file('nowhere'), folder.file('a'))
  assert.deepEqual(await read(), [WEB])
})

test('a broken file keeps what it held, says file and line once, and counts again when it is mended', async () => {
  await using folder = await temporaryFolder()
  const good = [service('web.shop'), slice('web.shop')].map((o) => stringify(o)).join('---\n')
  await folder.write('m/web.yaml', good)
  await folder.write('m/node.yaml', node('n1', 'z.r'))
  const { read, problems } = source(folder.file('m'))
  await read()
  await folder.write('m/web.yaml', `${good}---\nkind: [\n`)
  await folder.write('m/node.yaml', node('n2', 'z.r'))
  assert.deepEqual(await read(), [SLICE, 'Node n2', WEB])
  assert.match(problems().join('\n'), /m\/web\.yaml: line \d+: .*; what was last read of it still counts/)
  assert.deepEqual([await read(), problems()], [[SLICE, 'Node n2', WEB], []])
  await folder.write('m/web.yaml', stringify(service('web.shop')))
  assert.deepEqual([await read(), problems()], [['Node n2', WEB], []])
})

test('a file that is broken in the same way again is told of again', async () => {
  await using folder = await temporaryFolder()
  const { read, problems } = source(folder.path)
  for (const content of ['kind: [', service('web.shop'), 'kind: [']) {
    await folder.write('web.yaml', content)
    await read()
  }
  assert.equal(problems().length, 2)
})

test('a file that was written in part keeps what it held', async () => {
  await using folder = await temporaryFolder()
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [service('web.shop'), slice('web.shop')] })
  await folder.write('m/web.json', text)
  const { read } = source(folder.file('m'))
  await read()
  for (let end = 0; end < text.length; end += 37) {
    await folder.write('m/web.json', text.slice(0, end))
    assert.deepEqual(await read(), BOTH, `with ${end} octets of it`)
  }
})

test('an object that is wrong is named with its file and line, the others of the file are used', async () => {
  await using folder = await temporaryFolder()
  const texts = [service('web.shop'), service('Bad_Name.shop'), slice('web.shop', ['10.1.0.999', '10.1.0.1'])]
  await folder.write('web.yaml', texts.map((o) => stringify(o)).join('---\n'))
  const { read, problems } = source(folder.path)
  assert.deepEqual(await read(), BOTH)
  const [first = '', second = '', ...more] = problems()
  assert.match(first, /web\.yaml: line \d+: Service shop\/Bad_Name: the name is not/)
  assert.match(second, /web\.yaml: line \d+: EndpointSlice shop\/web-a: endpoint address "10\.1\.0\.999"/)
  assert.deepEqual(more, [])
})

test('what is wrong in a file that has not changed is not told again', async () => {
  await using folder = await temporaryFolder()
  await folder.write('web.yaml', service('Bad_Name.shop'))
  const { read, problems } = source(folder.path)
  await read()
  assert.equal(problems().length, 1)
  await read()
  assert.deepEqual(problems(), [])
})

test('an object that stands in two places is named with both; the one read last counts', async () => {
  await using folder = await temporaryFolder()
  await folder.write('a.yaml', service('web.shop', '10.0.0.1'))
  await folder.write('b.yaml', service('web.shop', '10.0.0.2'))
  const { objects, problems } = source(folder.path)
  const [web, ...more] = (await objects()) ?? []
  assert.deepEqual([web?.kind === 'Service' && web.clusterIPs, more], [['10.0.0.2'], []])
  const [problem = ''] = problems()
  for (const part of ['b.yaml', 'Service shop/web', 'a.yaml']) assert.ok(problem.includes(part), problem)
})

test('files are read in the order of their names, whatever order they were written in', async () => {
  await using folder = await temporaryFolder()
  for (const i of [7, 2, 9, 4, 1, 8, 3, 6, 5]) await folder.write(`file-${i}.yaml`, service('web.shop', `10.0.0.${i}`))
  const [web] = (await source(folder.path).objects()) ?? []
  assert.deepEqual(web?.kind === 'Service' && web.clusterIPs, ['10.0.0.9'])
})

test('an object that stands twice in one file is named', async () => {
  await using folder = await temporaryFolder()
  await folder.write('a.yaml', [stringify(service('web.shop')), stringify(service('web.shop'))].join('---\n'))
  const { read, problems } = source(folder.path)
  assert.deepEqual(await read(), [WEB])
  assert.match(problems().join('\n'), /Service shop\/web/)
})

test('objects of other namespaces and kinds with the same name are others', async () => {
  await using folder = await temporaryFolder()
  const all = [
    service('web.shop'),
    service('web.test'),
    slice('web.shop', [], { metadata: { name: 'web' } }),
    node('web', ''),
  ]
  await folder.write('all.json', { apiVersion: 'v1', kind: 'List', items: all })
  const { read, problems } = source(folder.path)
  assert.equal((await read())?.length, 4)
  assert.deepEqual(problems(), [])
})

test('files behind links are read, as in the volume of a ConfigMap', async () => {
  await using folder = await temporaryFolder()
  const volume = new MountedVolume(folder.path)
  await volume.swap({ 'web.yaml': service('web.shop') })
  const { read, problems } = source(folder.path)
  assert.deepEqual(await read(), [WEB])
  await volume.swap({ 'web.yaml': service('db.shop'), 'node.yaml': node('n1', '') })
  assert.deepEqual(await read(), ['Node n1', 'Service shop/db'])
  await volume.swap({ 'node.yaml': node('n1', '') })
  assert.deepEqual([await read(), problems()], [['Node n1'], []])
})

test('a link that leads nowhere, and a folder with the name of a manifest, are told of and are no crash', async () => {
  await using folder = await temporaryFolder()
  await symlink('nowhere', folder.file('gone.yaml'))
  await folder.write('folder.yaml/x', '')
  await folder.write('web.yaml', service('web.shop'))
  const { read, problems } = source(folder.path)
  assert.deepEqual(await read(), [WEB])
  const told = problems().join('\n')
  for (const part of ['gone.yaml: cannot be read (ENOENT)', 'folder.yaml: cannot be read (EISDIR)'])
    assert.ok(told.includes(part), told)
})
