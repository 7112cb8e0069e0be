import { RealServer } from '../../forward/transport/real-server.ts'

/** A dnsmasq that sends everything to a port of 127.0.0.1, and caches nothing. */
export const dnsmasqBefore = (port: number): Promise<RealServer> =>
  RealServer.start({
    program: 'dnsmasq',
    ports: 1,
    args: async ([own]) => [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--log-facility=-',
      '--pid-file=',
      '--user=',
      '--group=',
      `--port=${own}`,
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
      '--no-resolv',
      '--no-hosts',
      '--cache-size=0',
      `--server=127.0.0.1#${port}`,
    ],
  })
