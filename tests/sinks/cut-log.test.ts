/** Follows a log from a place before its first record. That must end at once and tell people, and never be tried again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Follower } from '../../src/sinks/follower.ts'
import { Recent } from '../../src/sinks/recent.ts'
import { DELETES_ALL, LATER, makeLog, type Opened, open, random } from '../runtime/deletable.ts'
import { eventually } from '../runtime/harness.ts'
import { SEED } from '../seeded.ts'
import { Target } from './target.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-sinks-cut-'))
let opened: Opened
let first: number

beforeAll(async () => {
  const folder = join(root, 'log')
  const { ends } = await makeLog(folder, random(SEED))
  first = (ends.at(-1) as number) + 1
  opened = await open(folder, DELETES_ALL)
  await opened.supervisor.send('filler/0', { type: 'TICK', at: LATER })
  await eventually(() => expect(opened.supervisor.firstSeq).toBe(first))
  await opened.supervisor.send('counter/0', { type: 'COUNT', at: LATER })
})
afterAll(async () => {
  await opened.supervisor.stop()
  rmSync(root, { recursive: true })
})

function follow(target: Target, keeps: boolean, name: string): Follower {
  const { supervisor } = opened
  return new Follower({
    name,
    log: supervisor,
    recent: new Recent(supervisor.transitions$, supervisor.seq),
    mark: supervisor.bookmark(`sink:${name}`),
    logger: silentLogger,
    open: () => target.open({ keeps }),
    wants: () => true,
    since: 'start',
    times: { lingerMs: 1, writeMs: 30_000, retryMsMin: 1, retryMsMax: 1 },
  })
}

it.each([true, false])('gives up a sink whose place is gone, kept by its target: %s', async (keeps) => {
  const target = new Target()
  const name = `behind-${keeps}`
  if (keeps) target.seq = first - 2
  else await opened.store.putPositions([{ name: `@sink:${name}`, seq: first - 2 }])
  const follower = follow(target, keeps, name)
  await expect(follower.run()).rejects.toMatchObject({
    code: 'LOG_CUT',
    message: `the sink ${name} has everything up to seq ${first - 2}, and the log begins at seq ${first}: the records between were deleted`,
    hint: expect.stringContaining('empty target'),
  })
  expect(follower.health).toContain(`the log begins at seq ${first}`)
  expect([follower.figures.failures, target.openWriters, target.ids]).toEqual([1, 0, []])
})

it('lets a sink go on whose place is right before the first record, and a new one begin there', async () => {
  const { supervisor } = opened
  const ids: (readonly string[])[] = []
  for (const seq of [first - 1, undefined]) {
    const target = new Target()
    target.seq = seq
    const follower = follow(target, seq !== undefined, `at-${seq}`)
    const running = follower.run()
    await eventually(() => expect(follower.figures.behindRecords).toBe(0))
    await follower.stop(1_000)
    await running
    ids.push(target.ids)
  }
  expect(ids[0]?.length).toBeGreaterThan(0)
  expect(ids[1]).toEqual(ids[0])
  expect(supervisor.firstSeq).toBe(first)
})

it('refuses a durable subscription whose place is gone, and takes one from the first record on', async () => {
  const { supervisor, store } = opened
  await store.putPositions([{ name: 'behind', seq: 1 }])
  const subscribe = (name: string, since: number) =>
    supervisor.subscribe('events.>', () => {}, { name, since })
  await expect(subscribe('behind', 0)).rejects.toMatchObject({
    code: 'LOG_CUT',
    message: expect.stringContaining(`everything up to seq 1, and the log begins at seq ${first}`),
    hint: expect.stringContaining(`since: ${first - 1}`),
  })
  await expect(subscribe('new', first - 2)).rejects.toMatchObject({ code: 'LOG_CUT' })
  const subscription = await subscribe('new', first - 1)
  expect(subscription.closed).toBe(false)
  await subscription.unsubscribe()
})
