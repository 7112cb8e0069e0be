import { debianLack, debianProgram, installDebian } from '../peers/debian.ts'

const NAMES = ['unbound', 'dnsmasq', 'dnsperf', 'taskset'] as const

export type Program = (typeof NAMES)[number]
export type Programs = Readonly<Record<Program, string>>

/** The paths of all programs of Debian; installs what is missing if it can, else tells what is to be done. */
export function findPrograms(say: (line: string) => void): { programs: Programs } | { problem: string } {
  installDebian(NAMES, say)
  const problem = debianLack(NAMES)
  if (problem !== undefined) return { problem }
  return { programs: Object.fromEntries(NAMES.map((name) => [name, debianProgram(name)])) as Programs }
}
