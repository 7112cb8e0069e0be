const MAX_TRIES = 5000

/** The smallest input that still does the same, as far as leaving out parts and simpler octets go. */
export async function minimised(octets: Buffer, isSame: (candidate: Buffer) => Promise<boolean>): Promise<Buffer> {
  let smallest = octets
  let tries = 0
  const attempt = async (candidate: Buffer): Promise<boolean> => {
    if (tries++ >= MAX_TRIES || !(await isSame(candidate))) return false
    smallest = candidate
    return true
  }
  for (let size = octets.length >> 1 || 1; size >= 1; size >>= 1) {
    for (let at = 0; at < smallest.length; ) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)])
      if (!(await attempt(without))) at += size
    }
  }
  for (const simple of [0, 0x61]) {
    for (let at = 0; at < smallest.length; at++) {
      if (smallest[at] === 0 || smallest[at] === 0x61) continue
      const simpler = Buffer.from(smallest)
      simpler[at] = simple
      await attempt(simpler)
    }
  }
  return smallest
}
