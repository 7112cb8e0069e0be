import { fieldsOf, listOf, quote, textOf } from '../base/fields.ts'
import type { Report } from './identity.ts'
import type { Service } from './objects.ts'

/** The ports of a Service or an EndpointSlice; their names and protocols in lower case, as DNS wants them. */
export function slimPorts(value: unknown, report: Report): Service['ports'] {
  return listOf(value, (other) => report(`ports ${quote(other)} are no list`)).flatMap((item) => {
    const { name, protocol, port } = fieldsOf(item)
    // An EndpointSlice may have a port without a number: "all ports".
    if (port === undefined || port === null) return []
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
      report(`port ${quote(port)} is not a whole number from 1 to 65535`)
      return []
    }
    if (typeof (protocol ?? 'TCP') !== 'string') {
      report(`protocol ${quote(protocol)} of port ${port} is not text`)
      return []
    }
    return [{ name: (textOf(name) ?? '').toLowerCase(), protocol: (textOf(protocol) ?? 'TCP').toLowerCase(), port }]
  })
}
