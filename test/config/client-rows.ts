// Rows of the tables in schema.test.ts, for clients: who may ask, and what they are told of us.

/** What is written, the key that it is about, and what it becomes. */
export const GOOD_CLIENTS: readonly (readonly [string, string, unknown])[] = [
  ['acl: { allow: [0.0.0.0/0] }', 'acl.allow', [{ host: '0.0.0.0', bits: 0 }]],
  ['acl: { allow: ["2001:db8::/128"] }', 'acl.allow.0', { host: '2001:db8::', bits: 128 }],
  ['acl: { allow: ["::ffff:10.0.0.0/104"] }', 'acl.allow.0', { host: '10.0.0.0', bits: 8 }],
  ['acl: { allow: [] }', 'acl.allow', []],
  ['edns: { nsid: "${NODE_NAME}" }', 'edns.nsid', 'n1'],
  [`edns: { nsid: ${'é'.repeat(127)} }`, 'edns.nsid', 'é'.repeat(127)],
  ['edns: { cookies: off }', 'edns.cookies', 'off'],
  ['edns: { cookies: on }', 'edns.cookies', 'on'],
  ['edns: { cookies: required }', 'edns.cookies', 'required'],
  ['edns: { secretFile: /etc/feddns/cookies }', 'edns.secretFile', '/etc/feddns/cookies'],
  ['chaos: { version: feddns 1 }', 'chaos.version', 'feddns 1'],
  ['chaos: { id: node-a }', 'chaos.id', 'node-a'],
]

/** What is written, the key that the problem must name, the value that it must show, and what it must say is allowed. */
export const BAD_CLIENTS: readonly (readonly [string, string, string, string])[] = [
  ['acl: { allow: all }', 'acl.allow', '"all"', 'a list of networks'],
  ['acl: { allow: [10.0.0.0] }', 'acl.allow.0', '"10.0.0.0"', 'a network, such as 10.0.0.0/8 or fd00::/8'],
  ['acl: { allow: [10.0.0.0/33] }', 'acl.allow.0', '"10.0.0.0/33"', 'a network'],
  ['acl: { allow: ["::ffff:10.0.0.0/95"] }', 'acl.allow.0', '"::ffff:10.0.0.0/95"', 'a network'],
  ['acl: { allow: ["::/129"] }', 'acl.allow.0', '"::/129"', 'a network'],
  ['edns: { nsid: "" }', 'edns.nsid', '""', 'a text of 1 to 255 octets'],
  [`edns: { nsid: ${'é'.repeat(128)} }`, 'edns.nsid', 'ééé', 'a text of 1 to 255 octets'],
  ['edns: { nsid: 7 }', 'edns.nsid', '7', 'a text of 1 to 255 octets'],
  ['edns: { cookies: yes }', 'edns.cookies', '"yes"', 'one of off, on, required'],
  ['edns: { cookies: true }', 'edns.cookies', 'true', 'one of off, on, required'],
  ['edns: { secretFile: "" }', 'edns.secretFile', '""', 'a path'],
  ['chaos: { version: "" }', 'chaos.version', '""', 'a text of 1 to 255 octets'],
  ['chaos: { id: [a] }', 'chaos.id', '["a"]', 'a text of 1 to 255 octets'],
]
