import { isUnavailable, type Library, openLibrary } from '../../lib/native/library.ts'

const opened = await openLibrary()

/** Where it is not available, tests of it fail: the tests run where it is. */
if (isUnavailable(opened)) throw new Error(opened.reason)

export const library: Library = opened
