import assert from 'node:assert/strict'
import ffi from 'node:ffi'
import { constants } from 'node:os'
import { test } from 'node:test'
import type { Library } from '../../lib/native/library.ts'
import { testSystem } from '../../lib/native/self-test.ts'
import { AF_UNSPEC } from '../../lib/native/socket-address.ts'
import { library } from './library-under-test.ts'

type Functions = Library['functions']

/** The system, but for one call, which fails as a filter of system calls makes it fail. */
const without = (name: keyof Functions): Library => ({
  ...library,
  errno: Int32Array.of(constants.errno.ENOSYS),
  functions: { ...library.functions, [name]: () => -1 },
})

test('this system does what is relied on', () => {
  testSystem(library)
})

test('a system that lacks a call is told from one that has it', () => {
  for (const name of ['socket', 'bind', 'connect', 'getsockname', 'recvmmsg', 'sendmmsg'] as const) {
    assert.throws(() => testSystem(without(name)), { code: 'ENOSYS' }, name)
  }
})

test('a system where a socket keeps its port is told from one where it does not', () => {
  const connect = (...[fd, address, length]: Parameters<Functions['connect']>): number =>
    ffi.getUint16(address as bigint) === AF_UNSPEC ? 0 : library.functions.connect(fd, address, length)
  const functions = { ...library.functions, connect: Object.assign(connect, { pointer: 0n }) }
  assert.throws(() => testSystem({ ...library, functions }), /keeps its port/)
})
