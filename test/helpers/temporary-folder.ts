import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder of its own for one test, gone at its end: `await using folder = await temporaryFolder()`. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  return new TemporaryFolder(await mkdtemp(join(tmpdir(), 'feddns-')))
}

export class TemporaryFolder implements AsyncDisposable {
  readonly path: string
  #renamed = 0

  constructor(path: string) {
    this.path = path
  }

  /** The path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name)
  }

  /** Writes a file in place; what is not text becomes JSON, which is YAML too. The path of it. */
  async write(name: string, content: unknown): Promise<string> {
    const path = this.file(name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, textOf(content))
    return path
  }

  /** Writes a file aside and renames it, so that no reader sees a part of it. */
  async replace(name: string, content: unknown): Promise<string> {
    const aside = await this.write(`.aside-${this.#renamed++}`, content)
    const path = this.file(name)
    await mkdir(dirname(path), { recursive: true })
    await rename(aside, path)
    return path
  }

  async remove(name: string): Promise<void> {
    await rm(this.file(name), { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

const textOf = (content: unknown): string => (typeof content === 'string' ? content : JSON.stringify(content, null, 2))
