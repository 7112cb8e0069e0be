import { fieldsOf, listOf, quote, textOf } from '../base/fields.ts'
import type { Service } from './objects.ts'
import type { Report } from './identity.ts'

/** The ports of a Service or an EndpointSlice; their names and protocols in lower case, as DNS wants them. */
export function slimPorts(value: unknown, report: Report): Service['ports'] {
  return listOf(value).flatMap((item) => {
    const { name, protocol = 'TCP', port } = fieldsOf(item)
    // An EndpointSlice may have a port without a number: "all ports".
    if (port === undefined || port === null) return []
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
      report(`port ${quote(port)} is not a whole number from 1 to 65535`)
      return []
    }
    return [{ name: (textOf(name) ?? '').toLowerCase(), protocol: String(protocol).toLowerCase(), port }]
  })
}
