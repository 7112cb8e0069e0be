import type { ClusterObject } from '../cluster/objects.ts'

/** One list of the API server that is kept up to date. */
export interface Collection {
  readonly kind: ClusterObject['kind']
  /** Namespaces of which the objects are not taken from this list, as another list has them all. */
  readonly except: readonly string[]
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

interface Scope {
  /** Undefined for all. */
  readonly namespaces?: readonly string[]
  readonly labelSelector?: string
  /** Namespaces of which everything is watched, whatever else is not. */
  readonly whole: readonly string[]
  /** Undefined where nothing hangs on the labels of a node. */
  readonly nodeName: string | undefined
}

/** The lists to watch. No object is in two of them. */
export function collectionsOf({ namespaces, labelSelector, whole: always, nodeName }: Scope): Collection[] {
  const isNarrow = namespaces !== undefined || labelSelector !== undefined
  const whole = isNarrow ? [...new Set(always)] : []
  const places = namespaces?.filter((namespace) => !whole.includes(namespace)) ?? [undefined]
  const kinds = ['Service', 'EndpointSlice'] as const
  return [
    ...kinds.flatMap((kind) =>
      places.map((namespace) => ({
        kind,
        except: namespace === undefined ? whole : [],
        ...(namespace !== undefined && { namespace }),
        ...(labelSelector !== undefined && { labelSelector }),
      })),
    ),
    ...kinds.flatMap((kind) => whole.map((namespace) => ({ kind, except: [], namespace }))),
    ...(nodeName === undefined
      ? []
      : [{ kind: 'Node' as const, except: [], fieldSelector: `metadata.name=${nodeName}` }]),
  ]
}

const RESOURCES: Readonly<Record<ClusterObject['kind'], readonly [string, string]>> = {
  Service: ['/api/v1', 'services'],
  EndpointSlice: ['/apis/discovery.k8s.io/v1', 'endpointslices'],
  Node: ['/api/v1', 'nodes'],
}

export function pathOf({ kind, namespace }: Collection): string {
  const [group, resource] = RESOURCES[kind]
  return namespace === undefined ? `${group}/${resource}` : `${group}/namespaces/${namespace}/${resource}`
}

/** As parameters of a request. */
export const selectorsOf = ({ labelSelector, fieldSelector }: Collection): Record<string, string> => ({
  ...(labelSelector !== undefined && { labelSelector }),
  ...(fieldSelector !== undefined && { fieldSelector }),
})

/** Whether an object is of this list. */
export const covers =
  ({ kind, namespace, except }: Collection) =>
  (object: ClusterObject): boolean => {
    if (object.kind !== kind) return false
    if (object.kind === 'Node') return true
    return namespace === undefined ? !except.includes(object.namespace) : object.namespace === namespace
  }
