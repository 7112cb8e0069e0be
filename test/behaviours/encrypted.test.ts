import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, describe } from 'node:test'
import { feddns } from '../control/feddns.ts'
import { eventually } from '../helpers/eventually.ts'
import { ednsOption, queryPacket } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { askTls, openTlsRig, type TlsRig } from './over-tls.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { type Reply } from './reply.ts'
import { UPDATES } from './updates.ts'

const OWN = 'beef 0 NOERROR qr aa rd ra 1/2/0/0'
const query = queryPacket('web.shop.fleet', { id: 0xbeef })

const PADDING = 12
const BARE = 'web.shop.fleet'

let started: Promise<TlsRig> | undefined
after(async () => (await started?.catch(() => undefined))?.[Symbol.asyncDispose]())
/** Started by the first test that needs it. */
const tls = (): Promise<TlsRig> => (started ??= openTlsRig())
const paddingIn = ({ options }: Reply): Buffer[] =>
  options.flatMap(([code, content]) => (code === PADDING ? [content] : []))

describe('encrypted transports', { concurrency: 2 }, () => {
  // DESIGN sections 4 and 7 have UDP, TCP and TLS to listen on. Pods speak no DNS over HTTPS, and who wants it has a proxy
  // in front; so nothing of RFC 8484 can be wrong here. What asks for it in the configuration is told that there is none.
  behaviour('ENC-03', 'there is no server for DNS over HTTPS, and the configuration says so', async () => {
    await using folder = await temporaryFolder()
    const path = await folder.write('doh.yaml', {
      listen: ['https://127.0.0.1:0'],
      source: { manifests: [folder.path] },
      forward: { upstreams: [] },
    })
    const { code, stdout, stderr } = await feddns(['check', '--config', path])
    assert.equal(code, 1)
    assert.match(stdout + stderr, /listen\.0: "https:\/\/127\.0\.0\.1:0" is not allowed; expected /)
  })

  behaviour('HDR-07', 'UPDATE is NOTIMP over TLS, and is never forwarded', async () => {
    const { rig, ask } = await tls()
    for (const update of UPDATES) assert.match((await ask(update)).head, /^beef 5 NOTIMP qr ra [01]\/0\/0\/0$/)
    assert.equal(rig.upstream.sawAnywhere('hdr07'), 0)
  })

  behaviour('EDNS-21', 'replies over TLS are padded to 468 octets where the query is', async () => {
    const { ask } = await tls()
    for (const name of [BARE, 'edns21.example', 'a.longer.name.edns21.example']) {
      const options = ednsOption(PADDING, Buffer.alloc(80))
      const padded = await ask(queryPacket(name, { id: 0xbeef, edns: { options } }))
      assert.equal(padded.octets.length % 468, 0)
      const [padding, ...others] = paddingIn(padded)
      assert.deepEqual([padding, others], [Buffer.alloc(padding?.length ?? 0), []])
      assert.deepEqual(paddingIn(await ask(queryPacket(name, { id: 0xbeef, edns: {} }))), [])
      assert.equal((await ask(queryPacket(name, { id: 0xbeef }))).opt, undefined)
    }
  })

  behaviour('ENC-04', 'handshakes that stall, and too many of them, keep nobody else from an answer', async () => {
    const { rig: secure, port, ca, ask } = await tls()
    assert.equal((await ask(query)).head, OWN)
    const sockets: Socket[] = []
    try {
      for (let i = 0; i < 300; i++) {
        const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.0.${10 + (i % 10)}` }).on(
          'error',
          () => {},
        )
        await once(socket, 'connect').catch(() => {})
        // Nothing, some of a hello, and what is none.
        if (i % 3 === 1) socket.write(Buffer.from('16030100c8010000c4', 'hex'))
        if (i % 3 === 2) socket.write('GET / HTTP/1.1\r\n\r\n')
        sockets.push(socket)
      }
      for (const via of ['udp', 'tcp'] as const) assert.equal((await secure.ask(query, via)).head, OWN)
      // Every one of them is ended, and meanwhile or then there is room for whoever does it right.
      await eventually(() => {
        const open = sockets.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded).length
        assert.equal(open, 0)
      }, 30_000)
      assert.equal((await askTls({ port, ca }, query)).head, OWN)
      assert.equal(await secure.metric('feddns_faults_total'), 0)
      assert.equal(secure.resolver.stderr, '')
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })
})
