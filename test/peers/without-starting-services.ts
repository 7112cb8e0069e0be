import { rmSync, writeFileSync } from 'node:fs'

// Debian asks this before a package starts a service; 101 says no (invoke-rc.d(8)).
const POLICY = '/usr/sbin/policy-rc.d'
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs `work`, during which no package that is installed starts a service. A policy that is there already stays. */
export function withoutStartingServices(work: () => void): void {
  // A Ctrl-C ends what `work` runs, and with that `work`; it must not end us before the policy is removed.
  const stay = () => {}
  for (const signal of SIGNALS) process.on(signal, stay)
  const isOurs = writePolicy()
  try {
    work()
  } finally {
    if (isOurs) rmSync(POLICY, { force: true })
    for (const signal of SIGNALS) process.off(signal, stay)
  }
}

function writePolicy(): boolean {
  try {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
