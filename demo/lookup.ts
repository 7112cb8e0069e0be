// npm run lookup -- NAME [TYPE] [PORT]: a look-up for machines without dig.
import type { RecordType } from 'dns-packet'
import { ask, describe } from './ask.ts'

const [name, type = 'A', port = '1053'] = process.argv.slice(2)
if (name === undefined) {
  console.error(
    'npm run lookup -- NAME [TYPE] [PORT], such as: npm run lookup -- nginx.mynamespace.myfederation A 1054',
  )
  process.exit(2)
}
try {
  const message = await ask(name, type.toUpperCase() as RecordType, Number(port))
  for (const line of describe(message)) console.log(line)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
