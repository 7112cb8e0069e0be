import type { Shard } from '../cluster/shard.ts'
import { RCODE, TYPE } from '../dns/constants.ts'
import { parseName } from '../dns/name.ts'
import { type Decision, minimalAny, negative, type Question, tooLong, type View } from './decision.ts'
import { localName } from './local-answer.ts'
import { publicNames } from './public-name.ts'
import type { ShardName } from './recognise.ts'
import type { FederationSettings } from './settings.ts'
import { hasPort, srvSet } from './srv-set.ts'

type Port = Readonly<{ port: string; protocol: string }>

/**
 * The answer at `_port._proto.<name>` and `_proto.<name>`. The names exist, with nothing at them, as long as nobody knows
 * the ports; an unknown port of a known Service does not exist, for any type.
 */
export function decidePort(question: Question, of: ShardName, view: View, settings: FederationSettings): Decision {
  const { zone, prefix } = of
  const nodata = negative(RCODE.NOERROR, zone, settings)
  if (prefix?.port === undefined) return nodata
  const only = { port: prefix.port, protocol: prefix.protocol }
  if (view.shard !== undefined && !hasPort(view.shard, only)) return negative(RCODE.NXDOMAIN, zone, settings)
  if (question.type === TYPE.ANY) return minimalAny(question.name, settings)
  if (question.type !== TYPE.SRV || view.shard === undefined) return nodata
  const isHere = view.healthy && view.shard.service.type !== 'ExternalName'
  const found = isHere
    ? localPort(question, of, { shard: view.shard, only, settings })
    : elsewhere(of, { view, shard: view.shard, only, settings })
  return found ?? nodata
}

interface Local {
  readonly shard: Shard
  readonly only: Port
  readonly settings: FederationSettings
}

function localPort({ name }: Question, of: ShardName, { shard, only, settings }: Local): Decision | undefined {
  const local = localName(of, settings.clusterDomain)
  const { answer, additional } = srvSet(name, local, shard, { ttlSeconds: settings.ttlSeconds, only })
  return answer.length === 0 ? undefined : { rcode: RCODE.NOERROR, answer, additional }
}

// The number that the Service here gives to the port, at whatever name its public name, or its external one, leads to.
function elsewhere(
  of: ShardName,
  { view, shard, only, settings }: Local & { readonly view: View },
): Decision | undefined {
  const { ports, externalName } = shard.service
  const port = ports.find(({ name, protocol }) => name === only.port && protocol === only.protocol)
  if (port === undefined) return undefined
  const chain = view.healthy ? parseName(externalName) : publicNames(of, view.location, settings.publicNames)[0]
  return chain === undefined ? tooLong() : { rcode: RCODE.NOERROR, srv: { port: port.port, chain }, redirect: true }
}
