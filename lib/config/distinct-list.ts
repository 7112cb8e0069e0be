import { quote } from '../base/fields.ts'
import { list, type Reader } from './reader.ts'

/** A list in which nothing stands twice; `keyOf` is the same for what is the same, however it is written. */
export const distinctList = <T>(item: Reader<T>, of: string, keyOf: (item: T) => unknown): Reader<readonly T[]> => ({
  wish: list(item, of).wish,
  read(given, path, problems) {
    const places = new Map<unknown, string>()
    const once: Reader<T> = {
      wish: item.wish,
      read(one, place, told) {
        const read = item.read(one, place, told)
        if (read === undefined) return undefined
        const first = places.get(keyOf(read))
        if (first !== undefined) told.push(`${place}: ${quote(one)} is given twice, first in ${first}`)
        else places.set(keyOf(read), place)
        return read
      },
    }
    return list(once, of).read(given, path, problems)
  },
})
