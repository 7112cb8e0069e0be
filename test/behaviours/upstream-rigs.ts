import { after } from 'node:test'
import { replyTo } from './message.ts'
import { sharedRig } from './rig.ts'
import { ScriptedServer, silent } from './scripted-server.ts'
import { UdpOnlyServer } from './udp-only-server.ts'

// Both resolvers are started here, so that all suites that ask them are there before the first of them ends.

const SERVFAIL = 2

export const servers = {
  main: await ScriptedServer.start(),
  truncates: await ScriptedServer.start(),
  mute: await ScriptedServer.start(silent),
  flooded: await ScriptedServer.start(),
  old: await ScriptedServer.start(),
  sick: await ScriptedServer.start(({ query }) => [replyTo(query, { rcode: SERVFAIL })]),
  well: await ScriptedServer.start(),
}
const { main, truncates, mute, flooded, old, sick, well } = servers
export const overUdp: ScriptedServer = await ScriptedServer.start()
export const overTcp: ScriptedServer = await ScriptedServer.start()
export const udpOnly: UdpOnlyServer = await UdpOnlyServer.start()

const gone = await ScriptedServer.start()
/** Nobody listens there any more. */
export const closedPlace: string = gone.place
await gone[Symbol.asyncDispose]()

after(async () => {
  for (const server of [...Object.values(servers), overUdp, overTcp, udpOnly]) await server[Symbol.asyncDispose]()
})

const sequential = (...upstreams: readonly string[]) => ({ upstreams, policy: 'sequential' })

/** Of the first the upstream for everything is asked over UDP; the second has an upstream for each way to fail. */
export const [rig, failing] = await Promise.all([
  sharedRig({
    config: {
      forward: {
        upstreams: [overUdp.place],
        stubDomains: { 'udp.example': [udpOnly.place], 'tcp.example': [`tcp://${overTcp.place}`] },
      },
    },
  }),
  sharedRig({
    config: {
      forward: {
        upstreams: [`tcp://${main.place}`],
        stubDomains: {
          'first.up08.example': sequential(truncates.place, main.place),
          'alone.up08.example': [truncates.place],
          'flooded.up18.example': [flooded.place],
          'up09.example': sequential(mute.place, main.place),
          'up12.example': [old.place],
          'up13.example': sequential(closedPlace, main.place),
          'up25.example': { upstreams: [sick.place, well.place], policy: 'roundRobin' },
        },
      },
    },
  }),
])
