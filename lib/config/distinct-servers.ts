import { formatServer, type Server } from './server.ts'

/** Each server once: files of others may name one twice, or one that is given too. */
export const distinctServers = (servers: readonly Server[]): Server[] => [
  ...new Map(servers.map((server) => [formatServer(server), server])).values(),
]
