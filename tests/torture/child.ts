/** `child.ts <folder> <seed> <lines>`: works on the script to its end, and prints each durable line. */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Port, PortContext } from '../../src/runtime/port.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { Intent } from '../../src/runtime/record/record.ts'
import { LEDGERS, machines, script } from './ledger.ts'

const [folder, seed, lines] = process.argv.slice(2) as [string, string, string]

/** A bank with its own books in a file: a line for each request that it got. */
class Bank implements Port {
  readonly #file = join(folder, 'bank')
  readonly #known: Set<string>
  #context: PortContext | undefined

  constructor() {
    const text = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : ''
    // A request that was cut off counts as not received.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    this.#known = new Set(whole.split('\n').filter((line) => line !== ''))
    if (whole !== text) appendFileSync(this.#file, '\n')
  }

  start(context: PortContext): void {
    this.#context = context
  }

  deliver({ id, actor, seq, correlation }: Intent): Promise<void> {
    const fd = openSync(this.#file, 'a')
    writeSync(fd, `${id}\n`)
    fsyncSync(fd)
    closeSync(fd)
    this.#known.add(id)
    return this.#grant(id, actor, seq, correlation)
  }

  recover(intent: Intent): Promise<void> {
    const { id, actor, seq, correlation } = intent
    return this.#known.has(id) ? this.#grant(id, actor, seq, correlation) : this.deliver(intent)
  }

  #grant(id: string, actor: string, cause: number, correlation: string): Promise<void> {
    const reply = { completes: id, cause, correlation }
    return (this.#context as PortContext).send(actor, { type: 'GRANTED', at: 1 }, reply)
  }
}

const supervisor = await createSupervisor({
  store: await openLevelStore(join(folder, 'log')),
  machines,
  ports: { bank: new Bank() },
  checkpointEvery: 500,
  snapshotEvery: 50,
  passivation: { residentMax: 8 },
})
if (supervisor.cursor('script') === 0 && supervisor.getSnapshot('total/main') === undefined) {
  await supervisor.spawn('total', 'main', undefined, { at: 1 })
}
for (let n = 0; n < LEDGERS; n++) {
  if (supervisor.getSnapshot(`ledger/${n}`) === undefined) {
    await supervisor.spawn('ledger', String(n), undefined, { at: 1 })
  }
}
process.stdout.write('ready\n')
let position = 0
const resumeAfter = supervisor.cursor('script')
const sends: Promise<void>[] = []
for (const { to, event } of script(Number(seed))) {
  if (++position > Number(lines)) break
  if (position <= resumeAfter) continue
  const here = position
  const origin = { source: 'script', position }
  sends.push(
    supervisor.send(to, event, { origin }).then(({ seq }) => {
      process.stdout.write(`${here} ${seq}\n`)
    }),
  )
  // The batches have every size.
  if (position % 17 === 0) await Promise.all(sends.splice(0))
}
await Promise.all(sends)
await supervisor.idle()
while (supervisor.unsettled.length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
await supervisor.stop()
process.stdout.write('done\n')
