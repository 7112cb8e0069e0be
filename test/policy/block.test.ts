import { parseName } from '../../lib/dns/name.ts'
import { blocking } from '../../lib/policy/block.ts'
import { ruled } from '../../lib/policy/enforce.ts'
import { answers } from './answers.ts'

const rules = new Map([
  [parseName('ads.example'), 'nxdomain' as const],
  [parseName('quiet.ads.example'), 'nodata' as const],
  [parseName('tracker.example'), 'refuse' as const],
])

answers(
  ruled(blocking(rules), () => {}),
  `
ads.example. A
  NXDOMAIN ede15
  authority ads.example. 60 SOA ads.example. 60
a.b.ADS.example. TXT
  NXDOMAIN ede15
  authority ads.example. 60 SOA ads.example. 60
ads.example. ANY
  NXDOMAIN ede15
  authority ads.example. 60 SOA ads.example. 60
ads.example. SOA
  NXDOMAIN ede15
  authority ads.example. 60 SOA ads.example. 60
# The longer domain decides.
quiet.ads.example. A
  NOERROR ede15
  authority quiet.ads.example. 60 SOA quiet.ads.example. 60
a.quiet.ads.example. HTTPS
  NOERROR ede15
  authority quiet.ads.example. 60 SOA quiet.ads.example. 60
tracker.example. AAAA
  REFUSED ede15
a.tracker.example. MX
  REFUSED ede15
# Neighbours.
example. A
  not here
adsxexample. A
  not here
bads.example. A
  not here
ads.example.org. A
  not here
. NS
  not here
`,
)
