/** The octets in memory of their own: what is kept must not hold a shared slab of 64 KiB for a hundred of them. */
export function copyOf(octets: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(octets.length)
  octets.copy(copy)
  return copy
}
