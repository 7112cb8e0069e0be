import { after } from 'node:test'
import { externalName, service, slice } from '../helpers/objects.ts'
import { sharedRig } from './rig.ts'
import { ScriptedServer, silent } from './scripted-server.ts'

/** Nothing is kept for longer. */
export const MAX_TTL_SECONDS = 7200

// More than a message of 65,535 octets has room for: 16 for each.
const PODS = 5000
export const BIG_ADDRESSES: ReadonlySet<string> = new Set(
  Array.from({ length: PODS }, (_, i) => `10.8.${(i >> 8) & 0xff}.${i & 0xff}`),
)

/** Asked first below `two.wire11.example`, and alone below `one.wire11.example`. */
export const bad: ScriptedServer = await ScriptedServer.start()
/** Asked over UDP below `truncated.example`. */
export const truncating: ScriptedServer = await ScriptedServer.start()
const mute = await ScriptedServer.start(silent)
after(() => Promise.all([bad, truncating, mute].map((server) => server[Symbol.asyncDispose]())))

/**
 * The resolver that most behaviours are asked of, started once. Its upstream is asked over UDP below `udp.example`; below
 * `mute.example` nobody answers.
 */
export const rig = await sharedRig({
  config: (_file, upstream) => ({
    listen: ['127.0.0.1:0', '127.0.0.2:0', '127.0.0.3:0', '[::1]:0'],
    cache: { maxTtl: `${MAX_TTL_SECONDS}s` },
    forward: {
      upstreams: [`tcp://${upstream}`],
      stubDomains: {
        'udp.example': [upstream],
        'mute.example': [mute.place],
        'truncated.example': [truncating.place],
        'one.wire11.example': [bad.place],
        'two.wire11.example': { upstreams: [bad.place, `tcp://${upstream}`], policy: 'sequential' },
      },
    },
  }),
  objects: [
    service('big.shop', 'None'),
    slice('big.shop', [...BIG_ADDRESSES]),
    externalName('gone.shop', 'gone.flg07.example'),
    externalName('failed.shop', 'failed.flg07.example'),
    service('db.shop', 'None'),
    slice('db.shop', [
      '10.1.0.11',
      '10.1.0.12',
      '!10.1.0.14',
      { addresses: ['10.1.0.15'], conditions: { ready: false, serving: true, terminating: true } },
    ]),
    // One of them a second time; and one of which nothing is said, which counts as ready.
    slice('db.shop', ['10.1.0.12', { addresses: ['10.1.0.13'] }], { suffix: 'b' }),
    // The controller says ready of each where the Service wants that.
    service('early.shop', 'None', { spec: { publishNotReadyAddresses: true } }),
    slice('early.shop', ['10.1.0.21', { addresses: ['10.1.0.22'], conditions: { ready: true, serving: false } }]),
    externalName('dotted.shop', 'WWW.Elsewhere.EXAMPLE.'),
    externalName('ip.shop', '192.0.2.77'),
    externalName('ip6.shop', '::1'),
    service('lost.shop', '10.96.0.10'),
    slice('lost.shop', ['!10.1.0.10']),
    service('flip.shop', '10.96.0.9'),
    slice('flip.shop', ['10.1.0.9']),
  ],
})
