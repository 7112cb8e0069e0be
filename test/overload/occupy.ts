// Takes a share of the core that it runs on, whoever else waits for it: node occupy.ts <share>, under chrt -f 1.
const PERIOD_MS = 2

const share = Number(process.argv[2])
const never = new Int32Array(new SharedArrayBuffer(4))
for (let startMs = performance.now(); ; startMs += PERIOD_MS) {
  while (performance.now() < startMs + share * PERIOD_MS);
  Atomics.wait(never, 0, 0, Math.max(0, startMs + PERIOD_MS - performance.now()))
}
