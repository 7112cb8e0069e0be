import { isIP } from 'node:net'
import { parseDurationMs } from '../base/duration.ts'
import { fieldsOf, listOf, printable, quote, textOf } from '../base/fields.ts'
import { isRfc1123Label, parseName } from '../dns/name.ts'
import type { HealthOverrides, Service } from './objects.ts'
import { identityOf, type Report } from './identity.ts'
import { slimPorts } from './slim-ports.ts'

const ANNOTATION = {
  minReady: 'feddns.io/min-ready',
  leaveAfter: 'feddns.io/leave-after',
  returnAfter: 'feddns.io/return-after',
}

const MAX_HOLD_MS = 86_400_000

export function slimService(object: unknown, report: Report): Service | undefined {
  const identity = identityOf(object, 'Service', report)
  if (identity === undefined) return undefined
  const where = `Service ${identity.namespace}/${printable(identity.name)}`
  if (!isRfc1123Label(identity.name)) {
    report(`${where}: the name is not an RFC 1123 label`)
    return undefined
  }
  const complain: Report = (problem) => report(`${where}: ${problem}`)
  const fields = fieldsOf(object)
  const spec = fieldsOf(fields['spec'])
  const target = targetOf(spec, complain)
  if (target === undefined) return undefined
  return {
    kind: 'Service',
    ...identity,
    ...target,
    ports: slimPorts(spec['ports'], complain),
    publishNotReadyAddresses: spec['publishNotReadyAddresses'] === true,
    health: healthOf(fieldsOf(fieldsOf(fields['metadata'])['annotations']), complain),
  }
}

type Target = Pick<Service, 'type' | 'clusterIPs' | 'externalName'>

function targetOf(spec: Readonly<Record<string, unknown>>, report: Report): Target | undefined {
  if (spec['type'] === 'ExternalName') {
    const externalName = externalNameOf(spec['externalName'])
    if (externalName !== undefined) return { type: 'ExternalName', clusterIPs: [], externalName }
    report(`spec.externalName ${quote(spec['externalName'])} is not a domain name`)
    return undefined
  }
  const given = listOf(spec['clusterIPs'], (other) => report(`clusterIPs ${quote(other)} are no list`))
  const all = given.length > 0 ? given : [spec['clusterIP']]
  if (all[0] === 'None') return { type: 'Headless', clusterIPs: [], externalName: '' }
  const clusterIPs = all.filter((ip): ip is string => typeof ip === 'string' && isIP(ip) !== 0 && !ip.includes('%'))
  for (const ip of all)
    if (typeof ip !== 'string' || !clusterIPs.includes(ip)) report(`cluster IP ${quote(ip)} is not an IP address`)
  return clusterIPs.length === 0 ? undefined : { type: 'ClusterIP', clusterIPs, externalName: '' }
}

function externalNameOf(value: unknown): string | undefined {
  const name = textOf(value)?.toLowerCase().replace(/\.$/, '')
  if (name === undefined || !/^[a-z0-9_]([-a-z0-9_]*[a-z0-9])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9])?)*$/.test(name))
    return undefined
  try {
    parseName(name)
    return name
  } catch {
    return undefined
  }
}

function healthOf(annotations: Readonly<Record<string, unknown>>, report: Report): HealthOverrides {
  const read = (key: string, wish: string, parse: (text: string) => number | undefined) => {
    const text = annotations[key]
    if (text === undefined) return undefined
    const value = typeof text === 'string' ? parse(text) : undefined
    if (value === undefined) report(`annotation ${key} is ${quote(text)}, but must be ${wish}`)
    return value
  }
  const count = (text: string) => (/^[1-9]\d{0,6}$/.test(text) ? Number(text) : undefined)
  const holdMs = (text: string) => {
    const ms = parseDurationMs(text)
    return ms !== undefined && ms <= MAX_HOLD_MS ? ms : undefined
  }
  const minReady = read(ANNOTATION.minReady, 'a whole number from 1', count)
  const leaveAfterMs = read(ANNOTATION.leaveAfter, 'a duration up to 24h, such as 30s', holdMs)
  const returnAfterMs = read(ANNOTATION.returnAfter, 'a duration up to 24h, such as 30s', holdMs)
  return {
    ...(minReady !== undefined && { minReady }),
    ...(leaveAfterMs !== undefined && { leaveAfterMs }),
    ...(returnAfterMs !== undefined && { returnAfterMs }),
  }
}
