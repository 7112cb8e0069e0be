import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/** What calls report as a negative number and is not just passed on. */
export const { EAGAIN, EINTR, ENOBUFS, EIO } = constants.errno

/** An error as Node's own calls give it: with `code`, `errno` and `syscall`. `result` is negative. */
export function systemError(syscall: string, result: number, subject = ''): NodeJS.ErrnoException {
  const [code, message] = getSystemErrorMap().get(result) ?? [`errno ${-result}`, 'unknown error']
  const error = new Error(`${syscall} ${code}${subject === '' ? '' : ` ${subject}`}: ${message}`)
  return Object.assign(error, { code, errno: result, syscall })
}
