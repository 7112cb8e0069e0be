import * as fc from 'fast-check'
import { labelsOf, MAX_NAME_OCTETS, type Name, nameOf } from '../../lib/dns/name.ts'

const wireOctets = (labels: readonly string[]): number => labels.reduce((sum, label) => sum + label.length + 1, 1)

/** Labels of any octets at all, as they may come in. */
export const anyLabels: fc.Arbitrary<string[]> = fc
  .array(
    fc.uint8Array({ minLength: 1, maxLength: 63 }).map((octets) => Buffer.from(octets).toString('latin1')),
    { maxLength: 12 },
  )
  .filter((labels) => wireOctets(labels) <= MAX_NAME_OCTETS)

export const anyName: fc.Arbitrary<Name> = anyLabels.map((labels) => nameOf(labels))

/** Names that people give to hosts, many of them alike, so that there is something to compress. */
export const hostName: fc.Arbitrary<Name> = fc
  .array(fc.constantFrom('a', 'web', 'shop', 'example', 'com', 'x'.repeat(63)), { minLength: 1, maxLength: 3 })
  .map((labels) => nameOf(labels))

/** As dns-packet writes names: without the final dot, the root as a dot. */
export const packetText = (name: Name): string => labelsOf(name).join('.') || '.'
