import { readFile } from 'node:fs/promises'

// USER_HZ, which is 100 wherever Linux runs Node.
const TICK_MS = 10

/** How much CPU time a process has used, by the system's own account, in steps of 10 ms. */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name of the program may have anything in it; fields 14 and 15 are its time and that of the system for it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
