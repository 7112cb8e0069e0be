import { type KubernetesObject, service, slice } from '../../helpers/objects.ts'
import { NameServer } from './name-server.ts'

export const CLUSTER_IP = '10.96.0.10'

/** The Service of the cluster DNS, as installers make it. */
export const kubeDns: KubernetesObject = service('kube-dns.kube-system', CLUSTER_IP, {
  labels: { 'k8s-app': 'kube-dns' },
  spec: {
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 1053 },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 1053 },
    ],
  },
})

/** Where a pod of the cluster DNS listens, as one EndpointSlice; of another Service if one is named. */
export const dnsSlice = (
  { host, port }: { readonly host: string; readonly port: number },
  suffix = host.replaceAll('.', '-'),
): KubernetesObject =>
  slice('kube-dns.kube-system', [host], {
    suffix,
    ports: [
      { name: 'dns', protocol: 'UDP', port },
      { name: 'dns-tcp', protocol: 'TCP', port },
      { name: 'metrics', protocol: 'TCP', port: 9153 },
    ],
  })

export const sliceName = (server: { readonly host: string }): string => `kube-dns-${server.host.replaceAll('.', '-')}`

/** A pod of the cluster DNS: 127.0.0.2 and up, each with an answer of its own. */
export const dnsPod = (n: number, ttlSeconds = 300): Promise<NameServer> =>
  NameServer.start({ host: `127.0.0.${n}`, address: `10.0.0.${n}`, ttlSeconds })
