/** Kubernetes objects as they stand in a manifest or come from an API server, tersely. */

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

type Fields = Readonly<Record<string, unknown>>

interface Meta {
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

interface ServiceParts extends Meta {
  /** Fields of `spec`, over those that are there by default. */
  readonly spec?: Fields
}

const HTTP_PORT = { name: 'http', protocol: 'TCP', port: 80 }

/** `web.shop`, namespace last; a ClusterIP, `None` for a headless Service, or several for two families. */
export function service(
  name: string,
  clusterIP: string | readonly string[] = '10.0.0.1',
  { spec, ...meta }: ServiceParts = {},
): KubernetesObject {
  const clusterIPs = typeof clusterIP === 'string' ? [clusterIP] : clusterIP
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...identity(name), ...meta },
    spec: { type: 'ClusterIP', clusterIP: clusterIPs[0], clusterIPs, ports: [HTTP_PORT], ...spec },
  }
}

export function externalName(name: string, target: string): KubernetesObject {
  const metadata = identity(name)
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { type: 'ExternalName', externalName: target } }
}

/** An endpoint: an address and what else is said of it, or the whole of it. */
type EndpointParts = string | Fields

interface SliceParts {
  /** Tells slices of one Service apart. */
  readonly suffix?: string
  readonly addressType?: string
  readonly ports?: unknown
  readonly metadata?: Fields
}

/**
 * The EndpointSlice of `web.shop`. An endpoint that is a text is a ready pod with that address; `!10.1.0.1` is one
 * that is not ready.
 */
export function slice(
  name: string,
  endpoints: readonly EndpointParts[] = ['10.1.0.1'],
  { suffix = 'a', addressType, ports = [HTTP_PORT], metadata }: SliceParts = {},
): KubernetesObject {
  const { name: serviceName, namespace } = identity(name)
  const isIPv6 = endpoints.some((endpoint) => typeof endpoint === 'string' && endpoint.includes(':'))
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${serviceName}-${suffix}`,
      namespace,
      labels: { 'kubernetes.io/service-name': serviceName },
      ...metadata,
    },
    addressType: addressType ?? (isIPv6 ? 'IPv6' : 'IPv4'),
    endpoints: endpoints.map(endpoint),
    ports,
  }
}

function endpoint(given: EndpointParts): Fields {
  if (typeof given !== 'string') return given
  return { addresses: [given.replace('!', '')], conditions: { ready: !given.startsWith('!') } }
}

/** `us-central1-f.us-central1`, region last, as the present labels. */
export function node(name: string, place: string, labels: Readonly<Record<string, string>> = {}): KubernetesObject {
  const [zone, region] = place.split('.')
  const topology = {
    ...(zone && { 'topology.kubernetes.io/zone': zone }),
    ...(region && { 'topology.kubernetes.io/region': region }),
  }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { ...topology, ...labels } } }
}

function identity(name: string): { name: string; namespace: string } {
  const [first = '', namespace = 'default'] = name.split('.')
  return { name: first, namespace }
}
