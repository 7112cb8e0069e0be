/**
 * Whether one resourceVersion is older than another. Both are numbers of one server and one resource (KEP-5504); of
 * what is no number nothing is known.
 */
export function isOlder(version: string, than: string | undefined): boolean {
  if (than === undefined || !/^\d+$/.test(version) || !/^\d+$/.test(than)) return false
  return version.length === than.length ? version < than : version.length < than.length
}
