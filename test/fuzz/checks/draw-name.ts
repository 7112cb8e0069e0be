import { type Name, nameOf } from '../../../lib/dns/name.ts'
import type { Draw } from './draw.ts'

const LABELS = ['a', 'web', 'shop', 'example', 'com', '_http', '_tcp', 'x'.repeat(63), 'y'.repeat(40)]
const MAX_NAME_OCTETS = 255

/** A name of labels that come again, now and then one of any octets. */
export function drawName(draw: Draw): Name {
  const labels: string[] = []
  let octets = 1
  for (let left = draw.below(9); left > 0; left--) {
    const choice = draw.below(LABELS.length + 2)
    const label = LABELS[choice] ?? draw.octets(1 + draw.below(63)).toString('latin1')
    octets += label.length + 1
    if (label === '' || octets > MAX_NAME_OCTETS) break
    labels.push(label)
  }
  return nameOf(labels)
}
