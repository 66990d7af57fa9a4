/** Tests a hundred clients of one feed, some of which misbehave, in processes of their own: the others get everything. */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { crowd } from '../../tools/bench/crowd.ts'
import { modulePath } from '../programs/program.ts'
import { howMany } from '../seeded.ts'

const EVENTS = howMany('CROWD_EVENTS', 5_000)
/** MB that a hundred clients may add: the limit of all queues, and as much again for the garbage collector. */
const MORE_MB_MAX = 256

it.each([
  ['a frame for each event', undefined],
  ['a frame for each commit', 0],
])(
  '70 of 100 clients get each of %s in order, beside 10 that read nothing, 10 slow ones and 10 that send garbage',
  async (_, batchMs) => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-crowd-'))
    const start = (name: string) => fork(modulePath(`tools/bench/${name}.ts`), { execArgv: [] })
    const options = { folder, events: EVENTS, rounds: 1, start, ...(batchMs !== undefined && { batchMs }) }
    const { alone, beside, results } = await crowd(options)
    rmSync(folder, { recursive: true })
    expect(results).toEqual([{ whole: 70, faults: [] }])
    expect((beside[0]?.memoryMb ?? 0) - (alone[0]?.memoryMb ?? 0)).toBeLessThan(MORE_MB_MAX)
  },
)
