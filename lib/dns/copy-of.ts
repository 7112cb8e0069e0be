/** The octets, up to `end`, in memory of their own: what is kept must not hold a shared slab of 64 KiB for a hundred of them. */
export function copyOf(octets: Buffer, end = octets.length): Buffer {
  const copy = Buffer.allocUnsafeSlow(end)
  octets.copy(copy, 0, 0, end)
  return copy
}
