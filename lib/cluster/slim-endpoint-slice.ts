import { isIPv4, isIPv6 } from 'node:net'
import { fieldsOf, listOf, printable, quote, textOf } from '../base/fields.ts'
import { isRfc1123Label } from '../dns/name.ts'
import type { Endpoint, EndpointSlice, Family } from './objects.ts'
import { identityOf, type Report } from './identity.ts'
import { slimPorts } from './slim-ports.ts'

const SERVICE_LABEL = 'kubernetes.io/service-name'

/** Undefined, without a report, for a slice of no Service or of host names (addressType FQDN). */
export function slimEndpointSlice(object: unknown, report: Report): EndpointSlice | undefined {
  const identity = identityOf(object, 'EndpointSlice', report)
  if (identity === undefined) return undefined
  const where = `EndpointSlice ${identity.namespace}/${printable(identity.name)}`
  const complain: Report = (problem) => report(`${where}: ${problem}`)
  const fields = fieldsOf(object)
  const service = serviceOf(fieldsOf(fieldsOf(fields['metadata'])['labels'])[SERVICE_LABEL], complain)
  const family = fields['addressType']
  if (service === undefined || family === 'FQDN') return undefined
  if (family !== 'IPv4' && family !== 'IPv6') {
    complain(`addressType ${quote(family)} is none of IPv4, IPv6, FQDN`)
    return undefined
  }
  const given = listOf(fields['endpoints'], (other) => complain(`endpoints ${quote(other)} are no list`))
  const endpoints = given.flatMap((item) => slimEndpoint(item, family, complain) ?? [])
  return { kind: 'EndpointSlice', ...identity, service, family, ports: slimPorts(fields['ports'], complain), endpoints }
}

function slimEndpoint(value: unknown, family: Family, report: Report): Endpoint | undefined {
  const fields = fieldsOf(value)
  const isAddress = family === 'IPv4' ? isIPv4 : isIPv6
  const addresses: string[] = []
  const given = listOf(fields['addresses'], (other) => report(`endpoint addresses ${quote(other)} are no list`))
  for (const address of given) {
    if (typeof address === 'string' && isAddress(address) && !address.includes('%')) addresses.push(address)
    else report(`endpoint address ${quote(address)} is not an ${family} address`)
  }
  const [first] = addresses
  if (first === undefined) {
    if (given.length === 0) report(`endpoint ${quote(value)} has no address`)
    return undefined
  }
  return {
    addresses,
    ready: isReady(fieldsOf(fields['conditions'])['ready'], report),
    hostname: hostnameOf(fields['hostname'], report),
    pod: podOf(fieldsOf(fields['targetRef'])) ?? first,
  }
}

function serviceOf(label: unknown, report: Report): string | undefined {
  if (label !== undefined && typeof label !== 'string')
    report(`label ${SERVICE_LABEL} is ${quote(label)}, which is not text`)
  return textOf(label)
}

// Unset or null counts as ready (discovery.k8s.io/v1, EndpointConditions).
function isReady(value: unknown, report: Report): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return value !== false
  report(`conditions.ready is ${quote(value)}, which is neither true nor false`)
  return false
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
