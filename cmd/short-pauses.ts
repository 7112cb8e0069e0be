/**
 * How garbage is collected: often and little, and by nobody beside us, who would want the core that we have. Objects of
 * connections that come and go in bursts outlive a young generation of 16 MB as much as one of 2 MB, but copying them stopped
 * everybody for 15 ms instead of 2; and threads that mark on the same core doubled the pauses (test/abuse).
 */
const FLAGS = ['--max-semi-space-size=2', '--single-threaded-gc']

/**
 * Goes on as the same process with these flags, which count from the start of the heap only. What was set on the command line
 * stays. Where the system does not allow that, nothing happens: pauses are longer, and nothing else.
 */
export function restartForShortPauses(): void {
  const names = FLAGS.map((flag) => flag.split('=')[0])
  const given = new Set(process.execArgv.map((flag) => flag.split('=')[0]))
  if (process.execve === undefined || names.some((name) => given.has(name))) return
  try {
    process.execve(process.execPath, [process.execPath, ...process.execArgv, ...FLAGS, ...process.argv.slice(1)])
  } catch {
    // A policy of the system against it.
  }
}
