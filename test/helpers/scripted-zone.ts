import type { Answer, RecordType } from 'dns-packet'
import { recordOf } from './zone-line.ts'

const NXDOMAIN = 3

export interface Found {
  readonly answers: Answer[]
  readonly rcode: number
  /** The name at which it ends. */
  readonly at: string
}

/** The records that an upstream knows; `*.` before a name stands for all names below it. */
export class ScriptedZone {
  #records: readonly Answer[] = []
  /** Whether aliases are followed. */
  chases = true
  soaTtlSeconds = 60
  soaMinimumSeconds = 60

  add(line: string): void {
    this.#records = [...this.#records, recordOf(line)]
  }

  remove(name: string): void {
    const gone = name.toLowerCase().replace(/\.$/, '')
    this.#records = this.#records.filter((record) => record.name !== gone)
  }

  lookUp(name: string, type: RecordType, failureAt: (name: string) => number | undefined): Found {
    const answers: Answer[] = []
    for (let at = name; ; ) {
      const failure = failureAt(at)
      if (failure !== undefined) return { answers, rcode: failure, at }
      const here = this.#at(at)
      const alias = here.find((record) => record.type === 'CNAME')
      const found = alias !== undefined && type !== 'CNAME' ? [alias] : here.filter((record) => record.type === type)
      const isCircle = answers.some((record) => record.name === at)
      answers.push(...found)
      if (alias === undefined || type === 'CNAME' || isCircle || !this.chases) {
        return { answers, rcode: this.#exists(at) ? 0 : NXDOMAIN, at }
      }
      at = 'data' in alias && typeof alias.data === 'string' ? alias.data : at
    }
  }

  /** Whether it says that there is nothing, rather than nothing more. */
  isDenial({ answers, rcode }: Found, type: RecordType): boolean {
    const isNegative = (rcode === 0 || rcode === NXDOMAIN) && !answers.some((record) => record.type === type)
    return isNegative && (this.chases || answers.length === 0)
  }

  soaOf(name: string): Answer {
    const zone = name === '.' ? name : name.split('.').slice(-2).join('.')
    const below = (label: string) => (zone === '.' ? label : `${label}.${zone}`)
    const times = { serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: this.soaMinimumSeconds }
    const data = { mname: below('ns'), rname: below('admin'), ...times }
    return { type: 'SOA', name: zone, ttl: this.soaTtlSeconds, data }
  }

  #at(name: string): readonly Answer[] {
    const here = this.#records.filter((record) => record.name === name)
    if (here.length > 0) return here
    const above = name.slice(name.indexOf('.') + 1)
    return this.#records.filter((record) => record.name === `*.${above}`).map((record) => ({ ...record, name }))
  }

  #exists(name: string): boolean {
    return this.#at(name).length > 0 || this.#records.some((record) => record.name.endsWith(`.${name}`))
  }
}
