import { TYPE } from '../../../lib/dns/constants.ts'
import { readMessage } from '../../../lib/dns/message.ts'
import { formatName } from '../../../lib/dns/name.ts'
import type { LoopbackUpstream } from '../../helpers/loopback-upstream.ts'
import type { Cluster } from './cluster.ts'

/** Questions that reached the cluster DNS, and the upstream outside of the cluster. */
export interface Tally {
  readonly cluster: number
  readonly outside: number
}

/** Those so far that some calls have led to: of names that begin with these words. */
export const tallyOf = (names: readonly string[], { dns, outside }: Cluster): Tally => ({
  cluster: countOf(names, dns),
  outside: countOf(names, outside),
})

const countOf = (names: readonly string[], { asked }: LoopbackUpstream): number =>
  asked.filter(({ query }) => {
    const { name, type } = readMessage(query).question
    return (type === TYPE.A || type === TYPE.AAAA) && names.some((one) => `${formatName(name)}.`.startsWith(`${one}.`))
  }).length

/** All that is no such question: of names of the server's own, such as to find out whether an upstream is there. */
export const othersOf = ({ dns, outside }: Cluster, counted: readonly Tally[]): Tally => ({
  cluster: dns.asked.length - sum(counted.map(({ cluster }) => cluster)),
  outside: outside.asked.length - sum(counted.map(({ outside }) => outside)),
})

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
