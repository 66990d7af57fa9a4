/** Kills a program between the handling of an event and the write of its position, again and again. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { envelopesOf } from '../../src/runtime/events/envelope.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { program } from '../programs/program.ts'
import { howMany, SEED, seeded } from '../seeded.ts'

const KILLS = howMany('HANDLER_KILLS', 4)
/** Most events that one life takes before it is killed. */
const TAKEN_MAX = 50

it(`a durable handler gets every event at least once, in order, through kills (seed ${SEED})`, async () => {
  const random = seeded(SEED)
  const folder = mkdtempSync(join(tmpdir(), 'outcry-handler-'))
  const [log, heard] = [join(folder, 'log'), join(folder, 'heard')]
  const live = async (killAt: number) => {
    const args = [...program('tests/faults/handlers/child.ts'), log, heard, String(killAt)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    expect([code, signal]).toEqual(killAt === 0 ? [0, null] : [null, 'SIGKILL'])
  }
  for (let kill = 0; kill < KILLS; kill++) await live(1 + Math.floor(random() * TAKEN_MAX))
  await live(0)

  const store = await openLevelStore(log)
  const expected: number[] = []
  for await (const record of store.read())
    for (const { type, event } of envelopesOf(record)) if (type === 'RANG') expected.push(event.n)
  expect(store.position('heard')?.seq).toBe(store.head.seq)
  await store.close()
  const taken = readFileSync(heard, 'utf8').trim().split('\n').map(Number)
  rmSync(folder, { recursive: true })
  // It goes on with the next event, or, after a kill, with one that it had before.
  let next = 0
  let repeats = 0
  for (const n of taken) {
    if (n === expected[next]) {
      next++
      continue
    }
    const at = expected.indexOf(n)
    expect([n, at >= 0 && at < next]).toEqual([n, true])
    next = at + 1
    repeats++
  }
  expect(next).toBe(expected.length)
  expect(repeats).toBeGreaterThan(0)
  expect(repeats).toBeLessThanOrEqual(KILLS)
})
