// Rows of the tables in schema.test.ts, for `rateLimit`.

/** Who is allowed and exempt if nothing else is said. */
export const PRIVATE_NETWORKS = [
  { host: '127.0.0.0', bits: 8 },
  { host: '10.0.0.0', bits: 8 },
  { host: '172.16.0.0', bits: 12 },
  { host: '192.168.0.0', bits: 16 },
  { host: '100.64.0.0', bits: 10 },
  { host: '169.254.0.0', bits: 16 },
  { host: '::1', bits: 128 },
  { host: 'fc00::', bits: 7 },
  { host: 'fe80::', bits: 10 },
]

/** What is written, the key that it is about, and what it becomes. */
export const GOOD_RATE_LIMIT: readonly (readonly [string, string, unknown])[] = [
  ['rateLimit: { responsesPerSecond: 0 }', 'rateLimit.responsesPerSecond', 0],
  ['rateLimit: { responsesPerSecond: 1000000 }', 'rateLimit.responsesPerSecond', 1_000_000],
  ['rateLimit: { slip: 0 }', 'rateLimit.slip', 0],
  ['rateLimit: { exempt: [203.0.113.0/24] }', 'rateLimit.exempt', [{ host: '203.0.113.0', bits: 24 }]],
  ['rateLimit: { exempt: [] }', 'rateLimit.exempt', []],
  ['rateLimit: { prefixes: { ipv4: 32 } }', 'rateLimit.prefixes.ipv4', 32],
  ['rateLimit: { prefixes: { ipv6: 64 } }', 'rateLimit.prefixes.ipv6', 64],
]

/** What is written, the key that the problem must name, the value that it must show, and what it must say is allowed. */
export const BAD_RATE_LIMIT: readonly (readonly [string, string, string, string])[] = [
  ['rateLimit: 5', 'rateLimit', '5', 'a mapping of the keys responsesPerSecond, slip, exempt, prefixes'],
  ['rateLimit: { responsesPerSecond: -1 }', 'rateLimit.responsesPerSecond', '-1', 'a whole number from 0 to 1000000'],
  ['rateLimit: { responsesPerSecond: "5" }', 'rateLimit.responsesPerSecond', '"5"', 'a whole number'],
  ['rateLimit: { slip: 0.5 }', 'rateLimit.slip', '0.5', 'a whole number from 0 to 100'],
  ['rateLimit: { exempt: private }', 'rateLimit.exempt', '"private"', 'a list of networks'],
  ['rateLimit: { exempt: [10.0.0.0] }', 'rateLimit.exempt.0', '"10.0.0.0"', 'a network, such as 10.0.0.0/8'],
  ['rateLimit: { prefixes: 24 }', 'rateLimit.prefixes', '24', 'a mapping of the keys ipv4, ipv6'],
  ['rateLimit: { prefixes: { ipv4: 33 } }', 'rateLimit.prefixes.ipv4', '33', 'a whole number from 8 to 32'],
  ['rateLimit: { prefixes: { ipv6: 129 } }', 'rateLimit.prefixes.ipv6', '129', 'a whole number from 16 to 128'],
]
