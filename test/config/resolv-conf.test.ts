import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseResolvConf } from '../../lib/config/resolv-conf.ts'

const hostsOf = (text: string): string[] => parseResolvConf(text).map(({ host }) => host)

test('the servers of a resolv.conf are taken in their order, with port 53', () => {
  assert.deepEqual(parseResolvConf('nameserver 10.0.0.2\nnameserver fd00::2\n'), [
    { host: '10.0.0.2', port: 53 },
    { host: 'fd00::2', port: 53 },
  ])
})

test('whatever else stands in a resolv.conf is left alone', () => {
  const text = `; nameserver 192.0.2.1
# nameserver 192.0.2.2
domain example.com
search a.example nameserver.example
options ndots:5 timeout:1
\tnameserver\t10.0.0.2   # the first
nameserver   10.0.0.3 10.0.0.4
nameserver
10.0.0.5
nameserver ns.example
nameserver10.0.0.6
nameserver 10.0.0.7:53
sortlist 130.155.160.0/255.255.240.0`
  assert.deepEqual(hostsOf(text), ['10.0.0.2', '10.0.0.3'])
})

test('line ends of CR LF, no final line end and an empty file are no matter', () => {
  assert.deepEqual(hostsOf('nameserver 10.0.0.2\r\nnameserver 10.0.0.3'), ['10.0.0.2', '10.0.0.3'])
  assert.deepEqual(hostsOf(''), [])
})

test('an address has one spelling, and the unspecified one is this host, as to the C library', () => {
  const text = 'nameserver 2001:DB8:0::1\nnameserver fe80:0::1%eth0\nnameserver ::ffff:10.0.0.2\n'
  assert.deepEqual(hostsOf(text), ['2001:db8::1', 'fe80::1%eth0', '10.0.0.2'])
  assert.deepEqual(hostsOf('nameserver 0.0.0.0\nnameserver 0::0\n'), ['127.0.0.1', '::1'])
})
