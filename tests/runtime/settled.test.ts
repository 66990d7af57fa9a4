/** Tests that answers come while messages come faster than they are written, so that the runtime never rests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'

const tally = setup({
  types: {} as { context: { count: number }; events: { type: 'INC' } | { type: 'NOTHING' } },
}).createMachine({
  context: { count: 0 },
  on: { INC: { actions: assign({ count: ({ context }) => context.count + 1 }) }, NOTHING: {} },
})

const BUSY = 'tally/busy' as Address

let supervisor: Supervisor
let folder: string
let stop: () => void

/** Each record of `tally/busy` asks for the next one, before its commit counts as done. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outcry-settled-'))
  supervisor = await createSupervisor({ store: await openLevelStore(folder), machines: { tally } })
  for (const id of ['busy', 'other']) await supervisor.spawn('tally', id)
  stop = supervisor.watch(({ record }) => {
    if (record.actor === BUSY) supervisor.tell(BUSY, { type: 'INC' })
  })
  await supervisor.send('tally/busy', { type: 'INC' })
})
afterEach(async () => {
  stop()
  await supervisor.stop()
  rmSync(folder, { recursive: true })
})

it('a supervisor that never rests answers', async () => {
  const busy = await supervisor.view('tally/busy')
  expect(busy?.context).toEqual({ count: expect.any(Number) })
  expect(supervisor.seq).toBeGreaterThanOrEqual(busy?.seq as number)
  expect(await supervisor.view('tally/none')).toBeUndefined()
  const listed: string[] = []
  for await (const { address } of supervisor.actors({ prefix: 'tally/' })) listed.push(address)
  expect(listed).toEqual(['tally/busy', 'tally/other'])
  let entries = 0
  for await (const _ of supervisor.entries()) entries++
  expect(entries).toBeGreaterThan(0)
  expect((await supervisor.verify()).problems).toEqual([])
})

it('a message that changes nothing, or was taken before, is acknowledged', async () => {
  expect(await supervisor.send('tally/other', { type: 'NOTHING' })).toMatchObject({ duplicate: false })
  const first = await supervisor.send('tally/other', { type: 'INC' }, { key: 'once' })
  expect(await supervisor.send('tally/other', { type: 'INC' }, { key: 'once' })).toEqual({
    ...first,
    duplicate: true,
  })
})
