import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatName } from '../../lib/dns/name.ts'
import { specialUse } from '../../lib/policy/special-use-names.ts'
import { answers, question } from './answers.ts'

const ZEROES = '0.'.repeat(31)
const onRuling = () => {}
const inPublic = specialUse({ leaks: () => true, onRuling })
const within = specialUse({ leaks: () => false, onRuling })

// Whoever the upstreams are.
for (const resolve of [inPublic, within]) {
  answers(
    resolve,
    `
localhost. A
  NOERROR aa
  localhost. 10800 A 127.0.0.1
LOCALHOST. AAAA
  NOERROR aa
  localhost. 10800 AAAA ::1
a.b.localhost. A
  NOERROR aa
  a.b.localhost. 10800 A 127.0.0.1
localhost. MX
  NOERROR aa
  authority localhost. 10800 SOA localhost. 10800
a.localhost. TXT
  NOERROR aa
  authority localhost. 10800 SOA localhost. 10800
localhost. ANY
  NOERROR aa
  localhost. 10800 HINFO "RFC8482" ""

1.0.0.127.in-addr.arpa. PTR
  NOERROR aa
  1.0.0.127.in-addr.arpa. 10800 PTR localhost.
1.0.0.127.in-addr.arpa. A
  NOERROR aa
  authority 127.in-addr.arpa. 10800 SOA 127.in-addr.arpa. 10800
2.1.0.0.127.in-addr.arpa. PTR
  NXDOMAIN aa
  authority 127.in-addr.arpa. 10800 SOA 127.in-addr.arpa. 10800
1.${ZEROES}ip6.arpa. PTR
  NOERROR aa
  1.${ZEROES}ip6.arpa. 10800 PTR localhost.
1.${ZEROES}ip6.arpa. TXT
  NOERROR aa
  authority 1.${ZEROES}ip6.arpa. 10800 SOA 1.${ZEROES}ip6.arpa. 10800

www.invalid. A
  NXDOMAIN aa
  authority invalid. 10800 SOA invalid. 10800
invalid. SOA
  NXDOMAIN aa
  authority invalid. 10800 SOA invalid. 10800
duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion. AAAA
  NXDOMAIN aa
  authority onion. 10800 SOA onion. 10800
onion. ANY
  NXDOMAIN aa
  authority onion. 10800 SOA onion. 10800

_dns.resolver.arpa. TXT
  NOERROR aa
  authority resolver.arpa. 10800 SOA resolver.arpa. 10800
_dns.resolver.arpa. SVCB
  NOERROR aa
  authority resolver.arpa. 10800 SOA resolver.arpa. 10800
_dns.resolver.arpa. NS
  NOERROR aa
  authority resolver.arpa. 10800 SOA resolver.arpa. 10800
resolver.arpa. SOA
  NOERROR aa
  resolver.arpa. 10800 SOA resolver.arpa. 10800

# Ordinary names, some of which look alike.
localhost.example. A
  not here
xlocalhost. A
  not here
example. A
  not here
cluster.local. A
  not here
_http._tcp.local. PTR
  not here
printer.internal. A
  not here
ipv4only.arpa. AAAA
  not here
170.0.0.192.in-addr.arpa. PTR
  not here
arpa. NS
  not here
in-addr.arpa. SOA
  not here
172.in-addr.arpa. NS
  not here
8.8.8.8.in-addr.arpa. PTR
  not here
. NS
  not here
`,
  )
}

// Where a public server would be asked.
answers(
  inPublic,
  `
www.test. A
  NXDOMAIN aa ede0
  authority test. 60 SOA test. 60
test. A
  NOERROR aa ede0
  authority test. 60 SOA test. 60
test. SOA
  NOERROR aa
  test. 60 SOA test. 60
test. NS
  NOERROR aa
  test. 60 NS test.
www.test. SOA
  NXDOMAIN aa ede0
  authority test. 60 SOA test. 60
test. DS
  NOERROR aa ede0
  authority test. 60 SOA test. 60
nas.home.arpa. AAAA
  NXDOMAIN aa ede0
  authority home.arpa. 60 SOA home.arpa. 60
default.service.arpa. SRV
  NXDOMAIN aa ede0
  authority service.arpa. 60 SOA service.arpa. 60
3.2.1.10.in-addr.arpa. PTR
  NXDOMAIN aa ede0
  authority 10.in-addr.arpa. 60 SOA 10.in-addr.arpa. 60
10.in-addr.arpa. NS
  NOERROR aa
  10.in-addr.arpa. 60 NS 10.in-addr.arpa.
b._dns-sd._udp.0.0.16.172.in-addr.arpa. PTR
  NXDOMAIN aa ede0
  authority 16.172.in-addr.arpa. 60 SOA 16.172.in-addr.arpa. 60
255.255.255.255.in-addr.arpa. PTR
  NOERROR aa ede0
  authority 255.255.255.255.in-addr.arpa. 60 SOA 255.255.255.255.in-addr.arpa. 60
2.0.0.127.in-addr.arpa. PTR
  NXDOMAIN aa ede0
  authority 127.in-addr.arpa. 60 SOA 127.in-addr.arpa. 60
# Names above the pointer of 127.0.0.1 exist, or it would not (RFC 8020).
0.0.127.in-addr.arpa. PTR
  NOERROR aa ede0
  authority 127.in-addr.arpa. 60 SOA 127.in-addr.arpa. 60
127.in-addr.arpa. SOA
  NOERROR aa
  127.in-addr.arpa. 60 SOA 127.in-addr.arpa. 60
0.127.in-addr.arpa. SOA
  NOERROR aa ede0
  authority 127.in-addr.arpa. 60 SOA 127.in-addr.arpa. 60
0.${ZEROES}ip6.arpa. PTR
  NOERROR aa ede0
  authority 0.${ZEROES}ip6.arpa. 60 SOA 0.${ZEROES}ip6.arpa. 60
1.0.0.f.d.f.ip6.arpa. PTR
  NXDOMAIN aa ede0
  authority d.f.ip6.arpa. 60 SOA d.f.ip6.arpa. 60
# The delegation is public; what is below is not.
10.in-addr.arpa. DS
  not here
home.arpa. DS
  not here
nas.home.arpa. DS
  NXDOMAIN aa ede0
  authority home.arpa. 60 SOA home.arpa. 60
# Neighbours.
1.0.0.11.in-addr.arpa. PTR
  not here
1.0.15.172.in-addr.arpa. PTR
  not here
1.0.32.172.in-addr.arpa. PTR
  not here
1.0.63.100.in-addr.arpa. PTR
  not here
1.0.128.100.in-addr.arpa. PTR
  not here
c.f.ip6.arpa. PTR
  not here
7.e.f.ip6.arpa. PTR
  not here
home.arpa.example. A
  not here
`,
)

// Within the organisation they are ordinary names.
answers(
  within,
  `
www.test. A
  not here
test. SOA
  not here
nas.home.arpa. AAAA
  not here
3.2.1.10.in-addr.arpa. PTR
  not here
2.0.0.127.in-addr.arpa. PTR
  not here
1.0.0.f.d.f.ip6.arpa. PTR
  not here
`,
)

test('whether a name leaks is asked about private names alone', async () => {
  const asked: string[] = []
  const leaks = (name: Parameters<typeof formatName>[0]) => {
    asked.push(formatName(name))
    return true
  }
  const counted: string[] = []
  const resolve = specialUse({ leaks, onRuling: (kind) => counted.push(kind) })
  for (const name of ['www.example.org', 'localhost', 'x.invalid', 'www.test', '8.8.8.8.in-addr.arpa']) {
    await resolve(question(name))
  }
  assert.deepEqual(asked, ['www.test.'])
  assert.deepEqual(counted, ['specialUse', 'specialUse', 'specialUse'])
})
