// `{?dns}` is how RFC 8484 §4.1.1 tells of GET; what is posted has no variables.
const TEMPLATE_END = /\{\?dns\}$/

const PATH_AND_QUERY = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$/ // RFC 3986 §3.3, §3.4

/** Reads the path of an URL, with its query, as it is sent; undefined if it is none. */
export function parseUrlPath(text: string): string | undefined {
  const path = text.replace(TEMPLATE_END, '')
  return PATH_AND_QUERY.test(path) ? path : undefined
}
