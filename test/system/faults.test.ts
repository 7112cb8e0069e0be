import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../helpers/asked.ts'
import { service, slice } from '../helpers/objects.ts'
import { startResolver } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

// Stands in for what nobody has thought of.
const FAULTS = `
  process.on('SIGUSR2', () => { throw new Error('thrown') })
  process.on('SIGWINCH', () => { void Promise.reject(new Error('rejected')) })`

test('a fault that nobody expected is told and counted, and ends nothing', async () => {
  await using folder = await temporaryFolder()
  const items = [service('web.shop'), slice('web.shop')]
  await folder.write('cluster/web.json', { apiVersion: 'v1', kind: 'List', items })
  const config = await folder.write('config.json', {
    federations: { fleet: 'example.com' },
    listen: ['127.0.0.1:0'],
    source: { manifests: [folder.file('cluster')] },
    forward: { upstreams: [] },
    http: { listen: '127.0.0.1:0' },
    lameDuck: '0s',
  })
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(FAULTS)}` }
  await using resolver = await startResolver({ config, env })
  const isTold = ({ msg }: { readonly msg: string }) => msg === 'a fault of ours that nobody expected'
  const told = await resolver.loggedAfter(() => resolver.signal('SIGUSR2'), isTold)
  assert.match(String(told['error']), /^Error: thrown\n/)
  resolver.signal('SIGWINCH')
  const web = 'web.shop.fleet.svc.cluster.local'
  const server = { host: '127.0.0.1', port: resolver.port }
  const faults = async () =>
    /^feddns_unexpected_faults_total (\d+)$/m.exec(await textOf(`${resolver.httpUrl}/metrics`))?.[1]
  while ((await faults()) !== '2') assert.equal((await ask(server, `${web} A`))[0], 'NOERROR')
  assert.equal((await ask(server, `${web} A`))[0], 'NOERROR')
  assert.deepEqual(await resolver.stop(), { code: 0, signal: null })
})

const textOf = async (url: string): Promise<string> => (await fetch(url)).text()
