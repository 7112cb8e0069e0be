import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseListenAddress } from '../../lib/config/listen-address.ts'

const ADDRESSES: readonly (readonly [string, ReturnType<typeof parseListenAddress>])[] = [
  ['127.0.0.1:53', { host: '127.0.0.1', port: 53 }],
  ['[fd00::10]:0', { host: 'fd00::10', port: 0 }],
  ['tls://10.0.0.10', { host: '10.0.0.10', port: 853, isEncrypted: true }],
  ['tls://10.0.0.10:8853', { host: '10.0.0.10', port: 8853, isEncrypted: true }],
  ['tls://[fd00::10]', { host: 'fd00::10', port: 853, isEncrypted: true }],
  ['tls://[fd00::10]:0', { host: 'fd00::10', port: 0, isEncrypted: true }],
  ['127.0.0.1', undefined],
  ['[::]:53', undefined],
  ['[0:0:0:0:0:0:0:0]:53', undefined],
  ['[::ffff:0.0.0.0]:53', undefined],
  ['tls://0.0.0.0:853', undefined],
  ['tls://dns.example', undefined],
  ['tls://10.0.0.10#dns.example', undefined],
  ['tls://', undefined],
  ['TLS://10.0.0.10', undefined],
  ['tcp://10.0.0.10:53', undefined],
  ['https://10.0.0.10', undefined],
]

for (const [text, address] of ADDRESSES) {
  test(`"${text}" is ${address === undefined ? 'no address to listen on' : 'an address to listen on'}`, () => {
    assert.deepEqual(parseListenAddress(text), address)
  })
}
