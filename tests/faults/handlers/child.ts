/**
 * `child.ts <folder> <heard> <killAt>`: a program that rings a bell, and writes the numbers that its durable handler
 * gets into the file `heard`. It is killed in the handler of the event number `killAt` of this life. With 0 it runs
 * until the handler has taken all events, and stops.
 */
import { appendFileSync } from 'node:fs'
import { createSupervisor } from '../../../src/runtime/assemble.ts'
import { openLevelStore } from '../../../src/runtime/record/log.ts'
import { bells } from '../../runtime/bells.ts'

const [folder, heard, killAt] = process.argv.slice(2) as [string, string, string]
const RINGS = 60

const supervisor = await createSupervisor({ store: await openLevelStore(folder), machines: bells })
if (supervisor.getSnapshot('bell/a') === undefined) await supervisor.spawn('bell', 'a')
let taken = 0
const caughtUp = new Promise<void>((resolve) => {
  void supervisor.subscribe(
    'events.rang.>',
    async ({ event }) => {
      appendFileSync(heard, `${event.n}\n`)
      taken++
      if (taken === Number(killAt)) process.kill(process.pid, 'SIGKILL')
      if (event.last === true) resolve()
      await new Promise(setImmediate)
    },
    // The first life may be killed before its position is kept.
    { name: 'heard', since: 0 },
  )
})
const from = supervisor.seq
for (let i = 1; i <= RINGS; i++) {
  const last = killAt === '0' && i === RINGS
  await supervisor.send('bell/a', { type: 'RING', n: from * 1_000 + i, ...(last && { last }) })
}
await caughtUp
await supervisor.stop()
