import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A folder as the kubelet mounts a ConfigMap: each file is a link through the link `..data` to a folder of this version,
 * so that the swap of one link changes all files at once.
 */
export class MountedVolume {
  readonly path: string
  #version = 0

  constructor(path: string) {
    this.path = path
  }

  /** Makes these the files, all others gone. What is not text is written as JSON. */
  async swap(files: Readonly<Record<string, unknown>>): Promise<void> {
    const before = `..${this.#version}`
    const now = `..${++this.#version}`
    await mkdir(join(this.path, now), { recursive: true })
    for (const [name, content] of Object.entries(files))
      await writeFile(join(this.path, now, name), typeof content === 'string' ? content : JSON.stringify(content))
    await symlink(now, join(this.path, '..data_tmp'))
    await rename(join(this.path, '..data_tmp'), join(this.path, '..data'))
    await this.#linkNames(Object.keys(files))
    await rm(join(this.path, before), { recursive: true, force: true })
  }

  async #linkNames(names: readonly string[]): Promise<void> {
    const there = (await readdir(this.path)).filter((name) => !name.startsWith('..'))
    for (const name of names) if (!there.includes(name)) await symlink(join('..data', name), join(this.path, name))
    for (const name of there) if (!names.includes(name)) await rm(join(this.path, name))
  }
}
