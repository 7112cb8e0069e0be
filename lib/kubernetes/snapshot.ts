import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { codeOf } from '../base/error-text.ts'
import { fieldsOf, quote } from '../base/fields.ts'
import type { Health } from '../cluster/health.ts'
import type { ClusterObject } from '../cluster/objects.ts'
import { LineReader } from './line-reader.ts'

/** Of whom a snapshot is. One of another cluster, node or choice of objects is not for us. */
export interface SnapshotIdentity {
  readonly cluster: string
  readonly node: string
  readonly scope: string
}

export interface Snapshot {
  /** Milliseconds since 1970 at which this was known to be so. */
  readonly asOfMs: number
  readonly objects: Iterable<ClusterObject>
  /** By `namespace/name`; `contradictedSinceMs` counts as `asOfMs` does. */
  readonly healths: Iterable<readonly [string, Health]>
}

// To be raised whenever an object or a health is kept in another shape than before.
const VERSION = 1
const FORMAT = 'feddns snapshot'
const MAX_OCTETS = 256 * 1024 * 1024
const PART_OCTETS = 128 * 1024 // written, or read, in one turn
const MAX_LINE_OCTETS = 16 * 1024 * 1024

/**
 * Writes a snapshot: as a whole, or not at all, since it takes the place of the one before only when it is complete.
 * Lines of JSON: a head, objects, healths, and at the end a checksum of all before it.
 */
export async function writeSnapshot(path: string, identity: SnapshotIdentity, snapshot: Snapshot): Promise<number> {
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants
  const file = await open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600)
  try {
    const octets = await writeLines(file, identity, snapshot)
    await file.sync()
    await file.close()
    await rename(temporary, path)
    return octets
  } catch (error) {
    await file.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeLines(file: FileHandle, identity: SnapshotIdentity, snapshot: Snapshot): Promise<number> {
  const hash = createHash('sha256')
  let octets = 0
  let part = ''
  const flush = async () => {
    const buffer = Buffer.from(part)
    part = ''
    octets += buffer.length
    if (octets > MAX_OCTETS) throw new Error(`the snapshot would have more than ${MAX_OCTETS} octets`)
    hash.update(buffer)
    await file.writeFile(buffer)
  }
  for (const line of linesOf(identity, snapshot)) {
    part += `${JSON.stringify(line)}\n`
    if (part.length >= PART_OCTETS) await flush()
  }
  await flush()
  part = `${JSON.stringify(['end', hash.copy().digest('hex')])}\n`
  await flush()
  return octets
}

function* linesOf(identity: SnapshotIdentity, { asOfMs, objects, healths }: Snapshot): Iterable<unknown> {
  yield [FORMAT, VERSION, identity, asOfMs]
  for (const object of objects) yield ['object', object]
  for (const [service, health] of healths) yield ['health', service, health]
}

interface Trust {
  /** The user that it must belong to. */
  readonly uid: number
  /** Milliseconds since 1970; what is of before is too old. */
  readonly oldestMs: number
}

/**
 * Reads the snapshot at `path`; undefined if there is none. Rejects, with the reason, if it is not whole, not ours, of
 * another cluster or node, or too old.
 */
export async function readSnapshot(
  path: string,
  identity: SnapshotIdentity,
  { uid, oldestMs }: Trust,
): Promise<Snapshot | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  let file: FileHandle
  try {
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    const reason = codeOf(error) === 'ELOOP' ? 'it is a link' : `it cannot be opened (${codeOf(error)})`
    throw new Error(reason, { cause: error })
  }
  try {
    await checkOwner(file, uid)
    return await readLines(file, identity, oldestMs)
  } finally {
    await file.close()
  }
}

async function checkOwner(file: FileHandle, ours: number): Promise<void> {
  const { uid, mode, size, nlink } = await file.stat()
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new Error('it is no regular file')
  if (uid !== ours) throw new Error(`it belongs to user ${uid}`)
  if ((mode & 0o022) !== 0) throw new Error('others may write to it')
  if (nlink > 1) throw new Error('it has another name as well')
  if (size > MAX_OCTETS) throw new Error(`it has ${size} octets, more than ${MAX_OCTETS}`)
}

async function readLines(file: FileHandle, identity: SnapshotIdentity, oldestMs: number): Promise<Snapshot> {
  const hash = createHash('sha256')
  const objects: ClusterObject[] = []
  const healths: [string, Health][] = []
  let asOfMs: number | undefined
  let isWhole = false
  let octets = 0
  const lines = new LineReader(MAX_LINE_OCTETS)
  for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: PART_OCTETS })) {
    for (const line of lines.push(chunk as Buffer)) {
      if (isWhole) throw new Error('it goes on after its end')
      const [kind, first, second, ...more] = parse(line)
      if (asOfMs === undefined) asOfMs = checkHead([kind, first, second, ...more], identity, oldestMs)
      else if (kind === 'object') objects.push(first as ClusterObject)
      else if (kind === 'health') healths.push([first as string, second as Health])
      else if (kind === 'end') isWhole = first === hash.copy().digest('hex')
      else throw new Error(`it has a line of the unknown kind ${quote(kind)}`)
      hash.update(line).update('\n')
      octets += line.length + 1
    }
    // Other work has its turn, however fast the disk is.
    await new Promise((resolve) => void setImmediate(resolve))
  }
  if (asOfMs === undefined || !isWhole || octets !== (await file.stat()).size) throw new Error('it is not whole')
  return { asOfMs, objects, healths }
}

function parse(line: Buffer): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(line.toString())
    return Array.isArray(fields) ? fields : []
  } catch (error) {
    throw new Error('it is not whole', { cause: error })
  }
}

function checkHead(
  [format, version, of, asOfMs]: readonly unknown[],
  ours: SnapshotIdentity,
  oldestMs: number,
): number {
  if (format !== FORMAT) throw new Error('it is no snapshot')
  if (version !== VERSION) throw new Error(`it is of version ${quote(version)}, not ${VERSION}`)
  const theirs = fieldsOf(of)
  for (const key of ['cluster', 'node', 'scope'] as const) {
    if (theirs[key] !== ours[key]) throw new Error(`it is of another ${key}`)
  }
  if (typeof asOfMs !== 'number') throw new Error('it does not say of when it is')
  if (asOfMs < oldestMs) throw new Error(`it is too old: of ${new Date(asOfMs).toISOString()}`)
  return asOfMs
}
