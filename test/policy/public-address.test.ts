import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress } from '../../lib/policy/public-address.ts'

const TABLE: Readonly<Record<'public' | 'within', string>> = {
  public: `
    1.1.1.1 8.8.8.8 9.9.9.9 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
    169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 168.63.129.15 168.63.129.17
    192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1
    2620:fe::fe 2001:4860:4860::8888 2001:db8::1 64:ff9b::808:808 ::2 fbff::1 fe00::1 ff02::1
    ::ffff:8.8.8.8 ::ffff:808:808 ::FFFF:192.0.2.1
    dns.example.org 10.0.0 010.0.0.1 1.2.3.4.5`,
  within: `
    0.0.0.0 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.0.0.53 169.254.20.10 169.254.169.253
    172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 168.63.129.16
    :: ::1 fc00::1 fd00:ec2::253 fdff:ffff::1 fe80::1 fe80::1%eth0 FE80::1%en0 febf::1 fec0::1
    ::ffff:10.0.0.1 ::ffff:a00:1 ::FFFF:127.0.0.1 0:0:0:0:0:ffff:c0a8:1 ::ffff:169.254.20.10`,
}

for (const [where, hosts] of Object.entries(TABLE)) {
  for (const host of hosts.trim().split(/\s+/)) {
    test(`${host} is ${where === 'public' ? 'public' : 'within the organisation'}`, () => {
      assert.equal(isPublicAddress(host), where === 'public')
    })
  }
}
