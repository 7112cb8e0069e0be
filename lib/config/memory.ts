const UNIT_BYTES: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }

/** Bytes of a quantity of memory as Kubernetes writes it, such as `20Mi`; undefined if it is none. */
export function parseMemoryBytes(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,9})([KMG]i)$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * (UNIT_BYTES[unit] as number)
}
