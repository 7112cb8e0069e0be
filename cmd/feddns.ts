#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { codeOf, messageOf } from '../lib/base/error-text.ts'
import type { Name } from '../lib/dns/name.ts'
import type { UdpMode } from './resolver/native-udp.ts'
import type { LogLevel } from '../lib/observe/log.ts'
import { HELP } from './help.ts'
import { restartForShortPauses } from './short-pauses.ts'

// Each command is loaded when it is called for: a resolver on every node should not hold what only others need.

/** The command line is wrong; the message says how, and what is allowed. */
class UsageError extends Error {}

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']
const DEFAULT_CONTROL = '/run/feddns/control.sock'
const { env } = process
const print = (line: string) => console.log(line)
const complain = (line: string) => console.error(line)

const COMMANDS: Readonly<Record<string, (flags: Flags, words: readonly string[]) => Promise<number>>> = {
  resolver: async (flags, words) => {
    noWords(words)
    const options = { config: configOf(flags), logLevel: logLevelOf(flags), udp: udpOf(flags), env }
    restartForShortPauses()
    const { resolver } = await import('./resolver.ts')
    return resolver(options)
  },
  check: async (flags, words) => {
    noWords(words)
    const { check } = await import('./check.ts')
    return check({ config: configOf(flags), env, print })
  },
  convert: async (_flags, [what, file, ...more]) => {
    if (what !== 'corefile' || file === undefined) throw new UsageError('convert takes: corefile FILE')
    noWords(more)
    const { convertCorefile } = await import('./convert.ts')
    return convertCorefile({ file, print, complain })
  },
  purge: async (flags, [name, ...more]) => {
    if (name === undefined) throw new UsageError('purge takes: NAME [--below]')
    noWords(more)
    const options = { control: controlOf(flags), name: await nameOf(name), below: isSet(flags, 'below'), print }
    const { purge } = await import('./purge.ts')
    return purge(options)
  },
  dump: async (flags, [name, ...more]) => {
    noWords(more)
    const below = name === undefined ? undefined : await nameOf(name)
    const options = { control: controlOf(flags), name: below, json: isSet(flags, 'json'), out: process.stdout }
    const { dump } = await import('./dump.ts')
    return dump(options)
  },
  version: async (_flags, words) => {
    noWords(words)
    const { version } = await import('./version.ts')
    print(version)
    return 0
  },
}

type Flags = ReturnType<typeof readArguments>['values']

const readArguments = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      'log-level': { type: 'string' },
      udp: { type: 'string' },
      control: { type: 'string' },
      below: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })

function configOf(flags: Flags): string {
  const path = flags.config ?? env['FEDDNS_CONFIG']
  if (path === undefined || path === '') throw new UsageError('--config FILE (or FEDDNS_CONFIG) is missing')
  return path
}

function logLevelOf(flags: Flags): LogLevel {
  const given = flags['log-level'] ?? env['FEDDNS_LOG_LEVEL'] ?? 'info'
  const level = LOG_LEVELS.find((known) => known === given)
  if (level === undefined) throw new UsageError(`--log-level "${given}" is none of ${LOG_LEVELS.join(', ')}`)
  return level
}

function controlOf(flags: Flags): string {
  const path = flags.control ?? (env['FEDDNS_CONTROL'] || DEFAULT_CONTROL)
  if (path === '') throw new UsageError('--control PATH is empty')
  return path
}

function isSet(flags: Flags, flag: 'below' | 'json'): boolean {
  const variable = `FEDDNS_${flag.toUpperCase()}`
  const given = String(flags[flag] ?? (env[variable] || 'false'))
  if (given !== 'true' && given !== 'false') throw new UsageError(`${variable} "${given}" is none of true, false`)
  return given === 'true'
}

async function nameOf(text: string): Promise<Name> {
  const { nameArgument } = await import('../lib/control/name-argument.ts')
  try {
    return nameArgument(text)
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

function udpOf(flags: Flags): UdpMode {
  const given = flags.udp ?? env['FEDDNS_UDP'] ?? 'auto'
  if (given !== 'auto' && given !== 'dgram') throw new UsageError(`--udp "${given}" is none of auto, dgram`)
  return given
}

function noWords(words: readonly string[]): void {
  if (words[0] !== undefined) throw new UsageError(`"${words[0]}" is one word too many`)
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args)
  const [name = '', ...words] = positionals
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const help = Object.hasOwn(HELP, name) ? HELP[name] : undefined
  if (values.help === true && help !== undefined) {
    print(help)
    return 0
  }
  if (command === undefined) {
    throw new UsageError(
      name === '' ? 'which command?' : `"${name}" is none of the commands ${Object.keys(COMMANDS).join(', ')}`,
    )
  }
  return command(values, words)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  // parseArgs has a code of its own for what it does not understand.
  const isUsage = error instanceof UsageError || codeOf(error).startsWith('ERR_PARSE_ARGS')
  complain(`feddns: ${messageOf(error)}`)
  if (isUsage) complain('`feddns --help` tells what there is.')
  process.exitCode = isUsage ? 2 : 1
}
