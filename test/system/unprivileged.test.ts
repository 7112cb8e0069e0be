import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../helpers/asked.ts'
import { service, slice } from '../helpers/objects.ts'
import { startResolver } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { debianProgram } from '../peers/debian.ts'
import { missing, skipFor } from '../peers/missing.ts'
import { namespacesLack } from '../peers/network-namespace.ts'

const NOBODY = '65534'
const skip = skipFor(namespacesLack()) ?? missing('mount', 'setpriv', 'unshare') ?? false

// As a container has it that may write nowhere but into its volume, and may do nothing that others may not.
const CONFINED = `
  mount=$1 state=$2 file=$3
  shift 3
  "$mount" -t tmpfs -o uid=${NOBODY},mode=0700 none "$state"
  "$mount" -o remount,bind,ro /
  touch "$file" 2>/dev/null && { echo "$file can be written" >&2; exit 9; }
  exec "$@"`

const config = (domain: string, folder: string) => ({
  federations: { fleet: domain },
  listen: ['127.0.0.1:0'],
  source: { manifests: [join(folder, 'cluster')] },
  forward: { upstreams: [] },
  http: { listen: '127.0.0.1:0' },
  control: join(folder, 'state/control.sock'),
  lameDuck: '0s',
})

for (const udp of ['auto', 'dgram']) {
  test(`it serves as nobody, without any capability, on a file system that cannot be written (--udp ${udp})`, {
    skip,
  }, async () => {
    await using folder = await temporaryFolder()
    const items = [service('web.shop'), slice('web.shop')]
    await folder.write('cluster/web.json', { apiVersion: 'v1', kind: 'List', items })
    await folder.write('state/.keep', '')
    const file = await folder.write('config.json', config('one.example', folder.path))
    await chmod(folder.path, 0o755)
    const places = [debianProgram('mount'), folder.file('state'), file]
    const confined = [
      debianProgram('unshare'),
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      CONFINED,
      'sh',
      ...places,
    ]
    const bounds = ['--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs']
    const asNobody = [debianProgram('setpriv'), `--reuid=${NOBODY}`, `--regid=${NOBODY}`, ...bounds]
    const program = [process.execPath, join(import.meta.dirname, '../../cmd/feddns.ts')]
    await using resolver = await startResolver({
      config: file,
      command: [...confined, ...asNobody, ...program],
      flags: ['--udp', udp],
    })
    const server = { host: '127.0.0.1', port: resolver.port }
    const web = 'web.shop.fleet.svc.cluster.local'
    assert.deepEqual((await ask(server, `${web} CNAME`))[1], `${web}. CNAME web.shop.svc.cluster.local.`)
    const isReloaded = ({ msg }: { readonly msg: string }) => msg === 'configuration reloaded'
    await resolver.loggedAfter(() => folder.replace('config.json', config('two.example', folder.path)), isReloaded)
    const gone = 'gone.shop.fleet.svc.cluster.local'
    assert.match((await ask(server, `${gone} CNAME`))[1] ?? '', /two\.example\.$/)
    assert.equal((await fetch(`${resolver.httpUrl}/readyz`)).status, 200)
    assert.deepEqual(await resolver.stop(), { code: 0, signal: null })
    assert.deepEqual([resolver.stderr, resolver.log.filter(({ level }) => level !== 'info')], ['', []])
  })
}
