import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type TemporaryFolder, temporaryFolder } from '../../helpers/temporary-folder.ts'

const run = promisify(execFile)
const openssl = (...args: readonly string[]) => run('openssl', args)

interface Wanted {
  /** Subject alternative names: `DNS:dns.example,IP:127.0.0.1`. */
  readonly names: string
  /** Negative: it has expired. */
  readonly days?: number
}

/** A certificate with its key, as text and as files. */
export interface Issued {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

/** Certificates by openssl, right and wrong ones, in a folder that is gone at the end of the test. */
export class Certificates implements AsyncDisposable {
  readonly #folder: TemporaryFolder
  readonly #authority: Issued
  #made = 0

  private constructor(folder: TemporaryFolder, authority: Issued) {
    this.#folder = folder
    this.#authority = authority
  }

  static async create(): Promise<Certificates> {
    const folder = await temporaryFolder()
    return new Certificates(folder, await signedByItself(folder, 'authority', ['-subj', '/CN=test authority']))
  }

  /** That of the issuer, PEM. */
  get ca(): string {
    return this.#authority.cert
  }

  get caFile(): string {
    return this.#authority.certFile
  }

  async issue({ names, days = 30 }: Wanted): Promise<Issued> {
    const name = `leaf${this.#made++}`
    const files = filesOf(this.#folder, name)
    const request = this.#folder.file(`${name}.csr`)
    const extensions = await this.#folder.write(`${name}.ext`, `subjectAltName=${names}\n`)
    await openssl('req', ...NEW_KEY, '-keyout', files.keyFile, '-subj', '/CN=test server', '-out', request)
    const { certFile, keyFile } = this.#authority
    const issuer = ['-CA', certFile, '-CAkey', keyFile, '-CAcreateserial']
    const out = ['-days', String(days), '-extfile', extensions, '-out', files.certFile]
    await openssl('x509', '-req', '-in', request, ...issuer, ...out)
    return await read(files)
  }

  /** Signed by nobody but itself. */
  async selfSigned({ names }: Wanted): Promise<Issued> {
    const name = `leaf${this.#made++}`
    return await signedByItself(this.#folder, name, ['-subj', '/CN=test server', '-addext', `subjectAltName=${names}`])
  }

  /** Puts this certificate and key where the other one is. */
  async renew(place: Issued, by: Issued): Promise<void> {
    const nameOf = (path: string) => path.slice(this.#folder.path.length + 1)
    await this.#folder.replace(nameOf(place.certFile), by.cert)
    await this.#folder.replace(nameOf(place.keyFile), by.key)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]()
  }
}

const NEW_KEY = ['-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

interface Files {
  readonly certFile: string
  readonly keyFile: string
}

const filesOf = (folder: TemporaryFolder, name: string): Files => ({
  certFile: folder.file(`${name}.crt`),
  keyFile: folder.file(`${name}.key`),
})

async function signedByItself(folder: TemporaryFolder, name: string, subject: readonly string[]): Promise<Issued> {
  const files = filesOf(folder, name)
  const out = ['-keyout', files.keyFile, '-out', files.certFile]
  await openssl('req', '-x509', '-days', '30', ...NEW_KEY, ...out, ...subject)
  return await read(files)
}

const read = async (files: Files): Promise<Issued> => ({
  ...files,
  cert: await readFile(files.certFile, 'utf8'),
  key: await readFile(files.keyFile, 'utf8'),
})
