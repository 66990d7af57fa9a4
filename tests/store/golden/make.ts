/** Makes a golden store with the present code: `tsx tests/store/golden/make.ts <folder>`. Run once for each format. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSupervisor, EventClock, openLevelStore } from '../../../src/index.ts'
import { golden } from './machines.ts'

const folder = process.argv[2] as string
const store = await openLevelStore(join(folder, 'log'))
const clock = new EventClock(1_700_000_000_000)
const supervisor = await createSupervisor({ store, machines: golden, clock })
let at = 1_700_000_000_000
const keys = ['brass', 'ä"\\']
for (const id of ['a', 'b', 'c']) await supervisor.spawn('door', id, { keys })
for (let n = 0; n < 40; n++) {
  at += 700
  clock.advanceTo(at)
  supervisor.pump()
  await supervisor.idle()
  const id = ['a', 'b', 'c'][n % 3] as string
  const event =
    n % 5 === 4 ? { type: 'CLOSE', at } : { type: 'OPEN', at, key: n % 7 === 0 ? 'wrong' : keys[n % 2] }
  await supervisor.send(`door/${id}`, event)
}
await supervisor.send('door/c', { type: 'CLOSE', at })
await supervisor.send('door/c', { type: 'END', at })
await supervisor.stop()

const reader = await openLevelStore(join(folder, 'log'))
const lines: string[] = []
for await (const record of reader.read()) lines.push(JSON.stringify(record))
await reader.close()
writeFileSync(join(folder, 'records.jsonl'), `${lines.join('\n')}\n`)
