import assert from 'node:assert/strict'
import { test } from 'node:test'
import { socketDrops } from '../../lib/observe/socket-drops.ts'

// As Linux writes it.
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  143: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 29433 2 0000000000000000 417
  143: 0A00000A:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 29434 2 0000000000000000 0
  199: 0100007F:1535 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 29435 2 0000000000000000 99
`
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  143: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 31000 2 0000000000000000 3
  143: B80D0120000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 31001 2 0000000000000000 12
`

test('drops are told by the address that is listened on', () => {
  assert.deepEqual(
    [...socketDrops(UDP, ['127.0.0.1:53', '10.0.0.10:53'])],
    [
      ['127.0.0.1:53', 417],
      ['10.0.0.10:53', 0],
    ],
  )
  assert.deepEqual(
    [...socketDrops(UDP6, ['[::1]:53', '[2001:db8::1%eth0]:53'])],
    [
      ['[::1]:53', 3],
      ['[2001:db8::1%eth0]:53', 12],
    ],
  )
})

test('an address that nothing is told of is left out, and what is no table tells nothing', () => {
  assert.deepEqual([...socketDrops(UDP, ['127.0.0.2:53', '127.0.0.1:54'])], [])
  for (const text of ['', 'sl\n', 'sl\n\n1: zz\n', UDP.replaceAll(':0035', '')]) {
    assert.deepEqual([...socketDrops(text, ['127.0.0.1:53'])], [])
  }
})
