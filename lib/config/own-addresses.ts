import type { Address } from './address.ts'

/** The servers that a key of the configuration, or of what it refers to, names. */
export interface NamedServers {
  readonly key: string
  readonly servers: readonly Address[]
}

/** Where a query that we forward would come back to us. */
export function ownAddressProblems(listen: readonly Address[], named: readonly NamedServers[]): string[] {
  const own = new Set(listen.map(written))
  const problems = named.flatMap(({ key, servers }) =>
    servers
      .map(written)
      .filter((server) => own.has(server))
      .map((server) => `${key}: ${server} is an address that we listen on`),
  )
  return [...new Set(problems)]
}

const written = ({ host, port }: Address): string => `${host} port ${port}`
