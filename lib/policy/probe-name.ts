import type { Random16 } from '../base/random.ts'
import { type Name, nameOf, parseName, ROOT } from '../dns/name.ts'

const WORDS = 8

// RFC 7535: the zone that anyone may direct queries to which nobody should get.
const SINK = parseName('empty.as112.arpa')

/**
 * A name that nobody has asked for before, to be sent to an upstream of the route of `domain`; whoever asks us for it
 * got it from there. 128 random bits in one label: nobody can guess it, so nobody can feign a loop (CVE-2026-26018) but
 * those who saw it pass.
 *
 * For the root it is a name below `empty.as112.arpa`, for four reasons. Where there is no loop, it ends in a sink that
 * is made for such queries, and neither at the root servers nor at anyone who has no part in it. Resolvers on the way
 * pass it on, which they do not do with `test` or `invalid` (Unbound), a single label (dnsmasq with `domain-needed`) or
 * `local` (systemd-resolved); BIND, though, has an empty zone of that name. It tells nothing about who asks. And the
 * zone is not signed: of a domain that is, or of a made-up top-level domain, a validating cache infers denials (RFC
 * 8198, RFC 8020), and the second probe would not come through.
 *
 * To be asked for with type A: everyone passes it on, and a random TXT looks like a tunnel. Throws a RangeError for a
 * domain of more than 222 octets.
 */
export function newProbeName(random: Random16, domain: Name): Name {
  const label = Array.from({ length: WORDS }, () => random().toString(16).padStart(4, '0')).join('')
  return nameOf([label], domain === ROOT ? SINK : domain)
}
