import { connect } from 'node:net'
import { hostAndPort } from '../../base/host-and-port.ts'
import type { ServerAddress } from '../upstream.ts'
import type { Connector } from './connector.ts'

/** Plain TCP (RFC 7766). */
export function tcpConnector({ host, port }: ServerAddress): Connector {
  return {
    label: `tcp://${hostAndPort({ host, port })}`,
    isEncrypted: false,
    connect: (onReady) => connect({ host, port, noDelay: true, keepAlive: true }, onReady),
    explain: (error) => error,
  }
}
