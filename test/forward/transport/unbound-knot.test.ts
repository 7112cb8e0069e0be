import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { debianLack } from '../../peers/debian.ts'
import { Certificates } from './certificates.ts'
import { RealServer } from './real-server.ts'
import { answersEach, NUMBERED, overTcp, overTls } from './transports.ts'

// Unbound and Knot Resolver, as Debian has it.

const NAME = 'dns.example'
const skip = debianLack(['kresd', 'unbound']) ?? false

const certificates = await Certificates.create()
after(() => certificates[Symbol.asyncDispose]())
const right = await certificates.issue({ names: `DNS:${NAME},IP:127.0.0.1` })
const trusted = { name: NAME, ca: certificates.ca }

test('Unbound, TCP and DNS over TLS: a thousand questions at once get their own answers', { skip }, async () => {
  await using folder = await temporaryFolder()
  await using unbound = await RealServer.start({
    program: 'unbound',
    ports: 2,
    args: async ([plain, tls]) => {
      const options = [
        `interface: 127.0.0.1@${plain}`,
        `interface: 127.0.0.1@${tls}`,
        `tls-port: ${tls}`,
        `tls-service-pem: "${right.certFile}"`,
        `tls-service-key: "${right.keyFile}"`,
        'do-daemonize: no',
        'use-syslog: no',
        'chroot: ""',
        'username: ""',
        'pidfile: ""',
        'incoming-num-tcp: 20',
        'local-zone: "example." static',
        ...NUMBERED.map(({ name, address }) => `local-data: "${name}. A ${address}"`),
      ]
      return ['-d', '-c', await folder.write('unbound.conf', ['server:', ...options].join('\n  '))]
    },
  })
  using tcp = overTcp(unbound.address(0))
  await answersEach(tcp)
  using dot = overTls(unbound.address(1), trusted)
  await answersEach(dot)
  using refused = overTls(unbound.address(1), { ca: certificates.ca, name: 'other.example' })
  await assert.rejects(refused.ask('n1.example'), /not valid for other\.example; it is for dns\.example, 127\.0\.0\.1/)
})

test('Knot Resolver, DNS over TLS: a thousand questions at once get their own answers', { skip }, async () => {
  await using folder = await temporaryFolder()
  await using kresd = await RealServer.start({
    program: 'kresd',
    ports: 1,
    args: async ([tls]) => {
      const lines = [
        `net.listen('127.0.0.1', ${tls}, { kind = 'tls' })`,
        `net.tls('${right.certFile}', '${right.keyFile}')`,
        `modules = { 'hints > iterate' }`,
        `cache.size = 10 * MB`,
        `trust_anchors.remove('.')`,
        ...NUMBERED.map(({ name, address }) => `hints.set('${name} ${address}')`),
      ]
      return ['-n', '-c', await folder.write('kresd.conf', lines.join('\n')), folder.path]
    },
  })
  using dot = overTls(kresd.address(), trusted)
  await answersEach(dot)
  using refused = overTls(kresd.address(), { name: NAME })
  await assert.rejects(refused.ask('n1.example'), /issuer that is not trusted/)
})
