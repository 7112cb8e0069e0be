import { parseName, ROOT } from '../../lib/dns/name.ts'
import { ruled } from '../../lib/policy/enforce.ts'
import { withoutAaaa } from '../../lib/policy/no-aaaa.ts'
import { answers } from './answers.ts'

answers(
  ruled(withoutAaaa([parseName('legacy.example'), parseName('old.legacy.example')]), () => {}),
  `
legacy.example. AAAA
  NOERROR ede17
  authority legacy.example. 60 SOA legacy.example. 60
www.legacy.example. AAAA
  NOERROR ede17
  authority legacy.example. 60 SOA legacy.example. 60
www.old.legacy.example. AAAA
  NOERROR ede17
  authority old.legacy.example. 60 SOA old.legacy.example. 60
# Other types and other names are left alone.
www.legacy.example. A
  not here
www.legacy.example. HTTPS
  not here
www.legacy.example. ANY
  not here
www.example. AAAA
  not here
`,
)

answers(
  ruled(withoutAaaa([ROOT, parseName('legacy.example')]), () => {}),
  `
www.example. AAAA
  NOERROR ede17
  authority . 60 SOA . 60
. AAAA
  NOERROR ede17
  authority . 60 SOA . 60
www.legacy.example. AAAA
  NOERROR ede17
  authority legacy.example. 60 SOA legacy.example. 60
www.example. A
  not here
`,
)
