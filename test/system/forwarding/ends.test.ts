import assert from 'node:assert/strict'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../helpers/eventually.ts'
import type { RunningResolver } from '../../helpers/running-resolver.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { numbered } from '../../forward/transport/answers.ts'
import { Certificates } from '../../forward/transport/certificates.ts'
import { Dnsdist } from '../../forward/transport/dnsdist.ts'
import { missing } from '../../peers/missing.ts'
import { addressOf } from './explained.ts'
import { NameServer } from './name-server.ts'
import { reloadWith, resolverWith } from './resolver-with.ts'

const IN_FLIGHT = 100
const END_MS = 8000
const RELOADS = 50
// What a process of this kind may be larger after so many reloads: garbage that was not collected yet, no more.
const MAX_GROWTH_KIB = 100 * 1024

test('a stop lets questions that are under way over tcp finish, and closes the connections', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  await using resolver = await resolverWith(folder, { forward: { upstreams: [`tcp://${upstream.place}`] } })
  assert.equal(await addressOf(resolver, 'first.example'), upstream.address)
  const release = upstream.hold()
  const waiting = addressOf(resolver, 'slow.example')
  await eventually(() => assert.ok(upstream.timesAsked('slow.example') > 0))
  await resolver.loggedAfter(
    () => resolver.signal('SIGTERM'),
    ({ msg }) => msg === 'stopping',
  )
  release()
  assert.equal(await waiting, upstream.address)
  await endsSoon(resolver)
  await eventually(() => assert.equal(upstream.openConnections, 0))
  assert.equal(resolver.stderr, '')
})

test('a stop does not wait for an upstream that says nothing', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  for (const transport of ['dns', 'tcp'] as const) {
    await using resolver = await resolverWith(folder, { forward: { upstreams: [`${transport}://${upstream.place}`] } })
    const release = upstream.hold()
    const waiting = addressOf(resolver, `never.${transport}.example`).catch(() => 'no reply')
    await eventually(() => assert.ok(upstream.timesAsked(`never.${transport}.example`) > 0))
    resolver.signal('SIGTERM')
    await endsSoon(resolver)
    assert.notEqual(await waiting, upstream.address)
    release()
  }
})

test('a stop during questions over tls and https ends, and leaves nothing on standard error', {
  skip: missing('dnsdist') ?? false,
}, async () => {
  await using folder = await temporaryFolder()
  await using certificates = await Certificates.create()
  await using dnsdist = await Dnsdist.start(await certificates.issue({ names: 'IP:127.0.0.1' }), IN_FLIGHT)
  const upstreams = [`tls://127.0.0.1:${dnsdist.tls.port}`, `https://127.0.0.1:${dnsdist.https.port}/dns-query`]
  for (const upstream of upstreams) {
    const forward = { upstreams: [upstream], ca: certificates.caFile }
    await using resolver = await resolverWith(folder, { forward })
    assert.equal(await addressOf(resolver, numbered(1).name), numbered(1).address)
    const asked = Array.from({ length: 20 }, (_, i) => addressOf(resolver, numbered(i).name).catch(() => 'no reply'))
    // A datagram that nobody has read yet is lost.
    await Promise.race(asked)
    resolver.signal('SIGTERM')
    await endsSoon(resolver)
    for (const [i, reply] of (await Promise.all(asked)).entries())
      assert.ok([numbered(i).address, 'no reply'].includes(reply), reply)
    assert.equal(resolver.stderr, '')
  }
})

test(`${RELOADS} reloads leave no file, socket or connection behind`, {
  skip: process.platform === 'linux' ? false : '/proc is of Linux',
}, async () => {
  await using folder = await temporaryFolder()
  await using one = await NameServer.start({ address: '192.0.2.1', ttlSeconds: 0 })
  await using two = await NameServer.start({ address: '192.0.2.2', ttlSeconds: 0 })
  const sections = (n: number) => {
    const server = n % 2 === 0 ? one : two
    return {
      forward: {
        upstreams: [`tcp://${server.place}`],
        stubDomains: { [`s${n % 3}.example`]: [server.place] },
        // Other upstreams altogether, every third time.
        randomizeCase: n % 3 === 0,
      },
      ...(n % 5 === 0 && { kubeDns: folder.file(`kube-dns-${n}`) }),
      ...(n % 7 === 0 && { control: folder.file('control.sock') }),
      listen: n % 4 === 0 ? ['127.0.0.1:0', '127.0.0.2:0'] : ['127.0.0.1:0'],
      cache: { entries: 1000 + (n % 2) },
    }
  }
  // The last is as the first, but for what makes it another one.
  await using resolver = await resolverWith(folder, sections(1))
  const round = async (n: number) => {
    await folder.write(`kube-dns-${n}/stubDomains`, '{}')
    await reloadWith(resolver, folder, { ...sections(n), lameDuck: `${n}s` })
    const { address } = n % 2 === 0 ? one : two
    assert.equal(await addressOf(resolver, `n${n}.example`), address)
  }
  for (const n of [2, 3, 4, 1]) await round(n)
  // Upstreams that went have their time to answer what is under way.
  const isSettled = () => assert.deepEqual([one.openConnections, two.openConnections], [0, 1])
  await eventually(isSettled, 30_000)
  const [before, memoryBefore] = [await openFiles(resolver), await residentKib(resolver)]
  for (let n = 5; n < 5 + RELOADS; n++) await round(n)
  await round(1)
  await eventually(async () => {
    assert.deepEqual(await openFiles(resolver), before)
    isSettled()
  }, 30_000)
  assert.ok((await residentKib(resolver)) - memoryBefore < MAX_GROWTH_KIB)
})

/** Waits for the end of a process that was told to: sooner than connections that have nothing to do are closed anyway. */
async function endsSoon({ exited }: RunningResolver): Promise<void> {
  const tooLate = sleep(END_MS, undefined, { ref: false })
  assert.deepEqual(await Promise.race([exited, tooLate]), { code: 0, signal: null })
}

/** How many descriptors of each kind a process has: sockets, files by name, and so on. */
async function openFiles({ pid }: RunningResolver): Promise<Readonly<Record<string, number>>> {
  const names = await readdir(`/proc/${pid}/fd`)
  // One may be gone by the time that it is looked at.
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => 'gone')))
  const counts: Record<string, number> = {}
  for (const [i, target] of targets.entries()) {
    const kind = target.replace(/\[\d+\]/, '')
    counts[kind] = (counts[kind] ?? 0) + 1
    if (target.includes('inotify')) counts['paths watched'] = await watchedPaths(`/proc/${pid}/fdinfo/${names[i]}`)
  }
  return counts
}

const watchedPaths = async (fdinfo: string): Promise<number> =>
  [...(await readFile(fdinfo, 'utf8')).matchAll(/^inotify wd:/gm)].length

async function residentKib({ pid }: RunningResolver): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
}
