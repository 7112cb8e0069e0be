/** Options of EDNS that clients ask for, by the numbers of the IANA registry "DNS EDNS0 Option Codes (OPT)". */
export const OPTION = {
  NSID: 3,
  COOKIE: 10,
  KEEPALIVE: 11,
  PADDING: 12,
} as const

export const OPTION_HEADER_OCTETS = 4
