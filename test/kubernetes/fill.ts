import type { FakeApiServer } from '../helpers/fake-api-server.ts'
import { node, service, slice } from '../helpers/objects.ts'

/** So many Services `s0.shop`, `s1.shop` and so on, each with a pod, and a node. */
export function fill(server: FakeApiServer, count = 3): void {
  for (let at = 0; at < count; at++) {
    const [high, low] = [at >> 8, at & 255]
    server.apply(service(`s${at}.shop`, `10.0.${high}.${low}`))
    server.apply(slice(`s${at}.shop`, [`10.1.${high}.${low}`]))
  }
  server.apply(node('n1', 'a.b'))
}
