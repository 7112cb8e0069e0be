import { isIPv4, isIPv6 } from 'node:net'
import { fieldsOf, listOf, quote, textOf } from '../base/fields.ts'
import { isRfc1123Label } from '../dns/name.ts'
import type { Endpoint, EndpointSlice, Family } from './objects.ts'
import { identityOf, type Report } from './identity.ts'
import { slimPorts } from './slim-ports.ts'

const SERVICE_LABEL = 'kubernetes.io/service-name'

/** Undefined, without a report, for a slice of no Service or of host names (addressType FQDN). */
export function slimEndpointSlice(object: unknown, report: Report): EndpointSlice | undefined {
  const identity = identityOf(object, 'EndpointSlice', report)
  if (identity === undefined) return undefined
  const complain: Report = (problem) => report(`EndpointSlice ${identity.namespace}/${identity.name}: ${problem}`)
  const fields = fieldsOf(object)
  const service = textOf(fieldsOf(fieldsOf(fields['metadata'])['labels'])[SERVICE_LABEL])
  const family = fields['addressType']
  if (service === undefined || family === 'FQDN') return undefined
  if (family !== 'IPv4' && family !== 'IPv6') {
    complain(`addressType ${quote(family)} is none of IPv4, IPv6, FQDN`)
    return undefined
  }
  const endpoints = listOf(fields['endpoints']).flatMap((item) => slimEndpoint(item, family, complain) ?? [])
  return { kind: 'EndpointSlice', ...identity, service, family, ports: slimPorts(fields['ports'], complain), endpoints }
}

function slimEndpoint(value: unknown, family: Family, report: Report): Endpoint | undefined {
  const fields = fieldsOf(value)
  const isAddress = family === 'IPv4' ? isIPv4 : isIPv6
  const addresses: string[] = []
  for (const address of listOf(fields['addresses'])) {
    if (typeof address === 'string' && isAddress(address) && !address.includes('%')) addresses.push(address)
    else report(`endpoint address ${quote(address)} is not an ${family} address`)
  }
  const [first] = addresses
  if (first === undefined) return undefined
  return {
    addresses,
    // Unset or null counts as ready (discovery.k8s.io/v1, EndpointConditions).
    ready: fieldsOf(fields['conditions'])['ready'] !== false,
    hostname: hostnameOf(fields['hostname'], report),
    pod: podOf(fieldsOf(fields['targetRef'])) ?? first,
  }
}

function hostnameOf(value: unknown, report: Report): string {
  if (value === undefined || value === null || value === '') return ''
  const hostname = textOf(value)?.toLowerCase() ?? ''
  if (isRfc1123Label(hostname)) return hostname
  report(`hostname ${quote(value)} is not an RFC 1123 label`)
  return ''
}

function podOf(reference: Readonly<Record<string, unknown>>): string | undefined {
  return textOf(reference['uid']) ?? textOf(reference['name'])
}
