import * as fc from 'fast-check'

/** Places to cut a stream of octets, each a fraction of its length. */
export const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })

/** The stream, cut there. */
export function pieces(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * stream.length)).sort((a, b) => a - b), stream.length]
  return places.slice(1).map((end, i) => stream.subarray(places[i], end))
}

/** Each octet on its own. */
export const octets = (stream: Buffer): Buffer[] => [...stream].map((octet) => Buffer.of(octet))
