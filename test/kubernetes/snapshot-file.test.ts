import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, link, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { read, serviceObject, SMALL, write } from './snapshots.ts'

// A snapshot among other files: what somebody else may have put there, and what is left when the disk is full.

const run = promisify(execFile)

const asRoot = process.getuid?.() === 0 ? false : 'only root can do this'

test('links, folders, pipes and sockets are refused, and nobody waits', async () => {
  await using folder = await temporaryFolder()
  const aside = folder.file('aside')
  await write(aside)
  const path = folder.file('snapshot')
  await symlink(aside, path)
  await assert.rejects(read(path), { message: 'it is a link' })
  await folder.remove('snapshot')
  await link(aside, path)
  await assert.rejects(read(path), { message: 'it has another name as well' })
  await folder.remove('snapshot')
  await mkdir(path)
  await assert.rejects(read(path), { message: 'it is no regular file' })
  await folder.remove('snapshot')
  await run('mkfifo', ['-m', '600', path])
  await assert.rejects(read(path), { message: 'it is no regular file' })
  await folder.remove('snapshot')
  await using server = createServer().listen(path)
  await once(server, 'listening')
  await assert.rejects(read(path), /it cannot be opened \(ENXIO\)/)
})

test('a file to which others may write is refused', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await write(path)
  for (const mode of [0o620, 0o602, 0o666]) {
    await chmod(path, mode)
    await assert.rejects(read(path), { message: 'others may write to it' })
  }
  await chmod(path, 0o644)
  assert.deepEqual(await read(path), SMALL)
})

test('a file of another user is refused', { skip: asRoot }, async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await write(path)
  await chown(path, 4711, 4711)
  await assert.rejects(read(path), { message: 'it belongs to user 4711' })
})

test('what stands where the new one is made is not followed', async () => {
  await using folder = await temporaryFolder()
  const victim = await folder.write('victim', 'mine')
  const path = folder.file('snapshot')
  await symlink(victim, `${path}.new`)
  await write(path)
  assert.equal(await readFile(victim, 'utf8'), 'mine')
  assert.deepEqual(await read(path), SMALL)
  assert.deepEqual((await readdir(folder.path)).sort(), ['snapshot', 'victim'])
})

test('what stands where it belongs is replaced, whatever it is; a folder is not', async () => {
  await using folder = await temporaryFolder()
  const victim = await folder.write('victim', 'mine')
  const path = folder.file('snapshot')
  await symlink(victim, path)
  await write(path)
  assert.equal(await readFile(victim, 'utf8'), 'mine')
  assert.deepEqual(await read(path), SMALL)
  await folder.remove('snapshot')
  await mkdir(path)
  await assert.rejects(write(path), { code: 'EISDIR' })
  assert.deepEqual((await readdir(folder.path)).sort(), ['snapshot', 'victim'])
})

test('what a process that was killed has left behind does no harm', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await folder.write('snapshot.new', 'half of')
  await write(path)
  assert.deepEqual(await read(path), SMALL)
  assert.deepEqual(await readdir(folder.path), ['snapshot'])
})

/** A file system with room for little; undefined where we may not have one. */
async function smallDisk(folder: TemporaryFolder): Promise<(AsyncDisposable & { readonly path: string }) | undefined> {
  const path = folder.file('disk')
  await mkdir(path)
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path])
  } catch {
    return undefined
  }
  return { path, [Symbol.asyncDispose]: async () => void (await run('umount', [path])) }
}

test('when the disk is full the one before stays, and nothing else', { skip: asRoot }, async (t) => {
  await using folder = await temporaryFolder()
  await using disk = await smallDisk(folder)
  if (disk === undefined) return t.skip('file systems cannot be mounted here')
  const path = `${disk.path}/snapshot`
  await write(path)
  const objects = Array.from({ length: 1000 }, (_, n) => serviceObject(`web${n}`))
  await assert.rejects(write(path, { ...SMALL, objects }), { code: 'ENOSPC' })
  assert.deepEqual(await readdir(disk.path), ['snapshot'])
  assert.deepEqual(await read(path), SMALL)
  await write(path, { ...SMALL, objects: [] })
  assert.deepEqual((await read(path))?.objects, [])
})

test('when it cannot be finished the one before stays, and nothing else', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('snapshot')
  await write(path)
  const broken = (function* () {
    yield serviceObject('web')
    throw new Error('no more')
  })()
  await assert.rejects(write(path, { ...SMALL, objects: broken }), { message: 'no more' })
  assert.deepEqual(await readdir(folder.path), ['snapshot'])
  assert.deepEqual(await read(path), SMALL)
  await assert.rejects(write(folder.file('no/such/snapshot')), { code: 'ENOENT' })
})
