/** Record types, by the numbers of the IANA registry "DNS Resource Record (RR) TYPEs". */
export const TYPE = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  RT: 21,
  SIG: 24,
  PX: 26,
  AAAA: 28,
  NXT: 30,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  SVCB: 64,
  HTTPS: 65,
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  CAA: 257,
} as const

export const CLASS_IN = 1
/** Names about a server itself stand there (RFC 4892). */
export const CLASS_CHAOS = 3

/** Response codes (RFC 1035 §4.1.1, RFC 2136, RFC 6891, RFC 7873). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const
export type Rcode = number

/** Bits of the second 16-bit word of the header (RFC 1035 §4.1.1, RFC 4035 §3). */
export const FLAG = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const

export const HEADER_OCTETS = 12
/** What a client without EDNS can take over UDP (RFC 1035 §4.2.1). */
export const PLAIN_UDP_OCTETS = 512
/** What we send and ask for over UDP: it fits where IPv6 must not be cut up (RFC 9715). */
export const EDNS_UDP_OCTETS = 1232
export const MAX_MESSAGE_OCTETS = 65_535
