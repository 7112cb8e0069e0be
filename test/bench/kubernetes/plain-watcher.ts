// A process that watches Services, EndpointSlices and Nodes with nothing but HTTPS, and tells its parent when the line
// of each event came: what any client of this server could know at best. Its argument is JSON: { url, caPem, token }.
import { request } from 'node:https'

export interface SeenEvent {
  /** `KIND NAME VERSION`, or `KIND NAME DELETED`. */
  readonly key: string
  /** Of the monotonic clock of the machine. */
  readonly atMs: number
}

interface Watched {
  readonly type: string
  readonly object: { readonly metadata: { readonly name: string; readonly resourceVersion: string } }
}

const PATHS = {
  Service: '/api/v1/services',
  EndpointSlice: '/apis/discovery.k8s.io/v1/endpointslices',
  Node: '/api/v1/nodes',
}

const { url, caPem, token } = JSON.parse(process.argv[2] ?? '{}') as { url: string; caPem: string; token: string }

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

function keyOf(kind: string, { type, object: { metadata } }: Watched): string {
  return `${kind} ${metadata.name} ${type === 'DELETED' ? type : metadata.resourceVersion}`
}

for (const [kind, path] of Object.entries(PATHS)) {
  const options = { ca: caPem, headers: { authorization: `Bearer ${token}` } }
  const watch = request(`${url}${path}?watch=1&resourceVersion=0`, options, (response) => {
    let rest = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const atMs = nowMs()
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      const seen = lines.map((line): SeenEvent => ({ key: keyOf(kind, JSON.parse(line) as Watched), atMs }))
      process.send?.(seen)
    })
    process.send?.('open')
  })
  watch.end()
}

process.once('disconnect', () => process.exit())
