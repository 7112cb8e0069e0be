import { cacheVerbs } from '../../lib/control/cache-verbs.ts'
import { listenControl } from '../../lib/control/listen-control.ts'
import { entry, FakeCache } from './fake-cache.ts'

// A process with a control socket, whose cache has one name: `control-process.ts PATH NAME`. SIGTERM ends it.

const [path = '', name = ''] = process.argv.slice(2)
const onFault = (error: unknown) => console.error(error)
const listener = await listenControl({ path, verbs: cacheVerbs(new FakeCache([entry(name)])), onFault })
process.once('SIGTERM', () => void listener.close().then(() => process.exit(0)))
setInterval(() => {}, 60_000)
console.log(listener.tookOver ? 'took over' : 'listening')
