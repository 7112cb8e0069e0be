import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { queryPacket } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { rig } from './main-rig.ts'
import { EACH } from './rig.ts'
import { type Reply, untimed } from './reply.ts'

const FROM = 'svc.cluster.local.'
const asking = (name: string, type?: number): Buffer =>
  queryPacket(name, { id: 0xbeef, edns: {}, ...(type && { type }) })
/** What stands behind the name of the Service itself. */
const behind = ({ answer }: Reply): string[] => untimed(answer).slice(1)
const addressesOf = (reply: Reply): string[] =>
  behind(reply)
    .flatMap((line) => / A (\S+)$/.exec(line)?.[1] ?? [])
    .toSorted()

describe('Services', { concurrency: 4 }, () => {
  behaviour('K8S-03', 'a headless Service has the address of each ready pod, once', async () => {
    for (const name of ['db.shop.fleet', `db.shop.fleet.${FROM}`]) {
      for (const via of EACH) {
        const got = await rig.ask(asking(name), via)
        assert.equal(got.head, 'beef 0 NOERROR qr aa rd ra 1/4/0/1')
        assert.deepEqual(addressesOf(got), ['10.1.0.11', '10.1.0.12', '10.1.0.13'])
      }
    }
  })

  behaviour('K8S-05', 'where not-ready addresses are published all of them are there', async () => {
    for (const via of EACH)
      assert.deepEqual(addressesOf(await rig.ask(asking('early.shop.fleet'), via)), ['10.1.0.21', '10.1.0.22'])
  })

  behaviour('K8S-10', 'an external name is an alias, in lower case; one like an address is no address', async () => {
    for (const via of EACH) {
      const dotted = await rig.ask(asking('dotted.shop.fleet'), via)
      assert.equal(dotted.head, 'beef 0 NOERROR qr aa rd ra 1/3/0/1')
      assert.deepEqual(behind(dotted), [
        `dotted.shop.${FROM} CNAME www.elsewhere.example.`,
        'www.elsewhere.example. A 192.0.2.1',
      ])
      const ip = await rig.ask(asking('ip.shop.fleet'), via)
      assert.deepEqual(
        addressesOf(ip).filter((one) => one === '192.0.2.77'),
        [],
      )
      assert.equal(behind(ip)[0], `ip.shop.${FROM} CNAME 192.0.2.77.`)
      const ip6 = await rig.ask(asking('ip6.shop.fleet', 28), via)
      assert.ok(!ip6.answer.some((line) => line.includes(' AAAA ')), ip6.answer.join())
    }
  })
})
