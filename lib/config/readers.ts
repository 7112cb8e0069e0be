import { parseDurationMs } from '../base/duration.ts'
import { type Name, ROOT } from '../dns/name.ts'
import { normaliseDomain } from './federations.ts'
import { type Reader, text, value } from './reader.ts'

/** In milliseconds. */
export const duration = (most: string): Reader<number> =>
  text(`a duration from 0s to ${most}, such as 500ms, 10s or 2m`, (given) => {
    const ms = parseDurationMs(given)
    return ms !== undefined && ms <= (parseDurationMs(most) ?? 0) ? ms : undefined
  })

/** In milliseconds, of whole seconds. */
export const wholeSeconds = (most: string): Reader<number> =>
  text(`a duration of whole seconds from 0s to ${most}, such as 10s, 5m or 1h`, (given) => {
    const ms = parseDurationMs(given)
    return ms !== undefined && ms <= (parseDurationMs(most) ?? 0) && ms % 1000 === 0 ? ms : undefined
  })

export const wholeNumber = (least: number, most: number): Reader<number> =>
  value(`a whole number from ${least} to ${most}`, (given) =>
    typeof given === 'number' && Number.isInteger(given) && given >= least && given <= most ? given : undefined,
  )

export const yesOrNo: Reader<boolean> = value('true or false', (given) =>
  typeof given === 'boolean' ? given : undefined,
)

export const path: Reader<string> = text('a path', (given) => given || undefined)

const MAX_DOMAIN_OCTETS = 250 // of a name's 255: `svc` has to fit in front

export const domain: Reader<Name> = text('a domain name, such as cluster.local', (given) => {
  const name = normaliseDomain(given)
  return name === ROOT || (name?.length ?? 0) > MAX_DOMAIN_OCTETS ? undefined : name
})

/** The same, and `.` for everything. */
export const domainOrRoot: Reader<Name> = text('a domain name, such as example.org, or "."', normaliseDomain)
