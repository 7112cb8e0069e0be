import type { Credentials } from '../../lib/kubernetes/access.ts'

/** Of a server that asks for none. */
export const credentialsOf = (server: { readonly url: string }): Credentials => ({
  access: async () => ({ server: server.url, headers: {}, tls: {} }),
  cluster: async () => ({ server: server.url, ca: undefined }),
  forget: () => {},
})
