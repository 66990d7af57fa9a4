/** Asks the command line about a log whose beginning is deleted, of a running program and of a closed log. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { doctor } from '../../tools/cli/command-doctor.ts'
import { events } from '../../tools/cli/command-events.ts'
import { leastRev, replay } from '../../tools/cli/command-replay.ts'
import { state } from '../../tools/cli/command-state.ts'
import { why } from '../../tools/cli/command-why.ts'
import { events as eventsTool } from '../../tools/cli/mcp/tools/events.ts'
import { replay as replayTool } from '../../tools/cli/mcp/tools/replay.ts'
import { openReader } from '../../tools/cli/reader.ts'
import { type CutLamps, cutLamps } from '../runtime/cut-lamps.ts'
import { linesOf } from './said.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-cli-cut-'))
const folder = join(root, 'data')
const machines = [fileURLToPath(new URL('../runtime/cut-lamps.ts', import.meta.url))]
let made: CutLamps
let stop: () => Promise<unknown>

beforeAll(async () => {
  made = await cutLamps(folder)
  const server = await serve(made.supervisor, { port: 0, data: folder, logger: silentLogger })
  let isOver = false
  stop = async () => {
    if (isOver) return
    isOver = true
    await server.close()
    await made.supervisor.stop()
  }
})
afterAll(async () => {
  await stop()
  rmSync(root, { recursive: true, force: true })
})

// The log is closed for the second.
describe.each(['a running program', 'a closed log'])('%s', (kind) => {
  const options = { data: folder, machines }
  beforeAll(async () => {
    if (kind === 'a closed log') await stop()
  })

  it('begins a life with the first record that there is, and says that earlier ones were deleted', async () => {
    const reader = await openReader(options.data, machines)
    const least = await leastRev(reader, 'lamp/a')
    await reader.close()
    expect(least).toBeGreaterThan(1)
    const lines = await linesOf(() => replay('lamp/a', options))
    expect(lines[1]).toBe(`… retention.deleteAfterDays has deleted what was before record ${least}`)
    expect(lines[2]).toMatch(new RegExp(`^#${least} `))
    const from = await linesOf(() => replay('lamp/a', { ...options, from: `seq:${made.first}` }))
    expect(from.slice(1, -1)).toEqual(lines.slice(2, -1))
    const last = await linesOf(() => replay('lamp/a', { ...options, tail: 2 }))
    expect(last.filter((line) => line.startsWith('#')).length).toBe(2)
    const all = await linesOf(() => replay('lamp/a', { ...options, tail: 1_000 }))
    expect(all.slice(1, -1)).toEqual(lines.slice(2, -1))
    expect(await linesOf(() => replay('lamp/quiet', options))).toContain(
      '… retention.deleteAfterDays has deleted all its records',
    )
    expect((await linesOf(() => replay('lamp/quiet', { ...options, at: 'now' }))).join()).toContain('off')
  })

  it('refuses a place before that, and names the first seq', async () => {
    const refusal = { code: 'LOG_CUT', message: expect.stringContaining(`begins at seq ${made.first} (1970`) }
    await expect(replay('lamp/a', { ...options, from: '1' })).rejects.toMatchObject(refusal)
    await expect(replay('lamp/a', { ...options, at: 'seq:2' })).rejects.toMatchObject(refusal)
    await expect(state({ ...options, at: 'seq:2' })).rejects.toMatchObject(refusal)
    await expect(why('2', options)).rejects.toMatchObject(refusal)
  })

  it('lists and counts the events that there are', async () => {
    const counted = await linesOf(() => events([], { ...options, count: true }))
    expect(counted.slice(1, -1).sort()).toEqual([
      expect.stringMatching(/^1 +DIMMED/),
      expect.stringMatching(/ LIT/),
    ])
    expect((await linesOf(() => events([], { ...options, tail: 1 })))[0]).toContain('DIMMED')
    const found = await linesOf(() => events(['LIT'], options))
    expect(found.length - 1).toBe(Number.parseInt(counted.find((line) => line.includes('LIT')) as string, 10))
  })

  it('answers an assistant with the records and events that there are', async () => {
    const reader = await openReader(options.data, machines)
    const asked = { address: 'lamp/a', changes: true, limit: 100 }
    const life = (await replayTool.answer(reader, asked)) as { records: { seq: number }[] }
    expect(life.records[0]?.seq).toBe(made.first)
    const said = (await eventsTool.answer(reader, { types: ['DIMMED'], limit: 5 })) as { events: unknown[] }
    expect(said.events.length).toBe(1)
    await reader.close()
  })

  it('says where an explanation ends because its cause was deleted', async () => {
    const lines = await linesOf(() => why(String(made.dimmed), options))
    expect(lines[2]).toBe(
      `… what caused it was deleted: the log begins at seq ${made.first}, and retention.deleteAfterDays has deleted what was before`,
    )
    const whole = await linesOf(() => why(String(made.first), options))
    expect(whole.join()).not.toContain('deleted')
  })
})

it('the doctor counts the records that there are', async () => {
  const lines = await linesOf(() => doctor({ data: folder }))
  expect(lines[0]).toMatch(new RegExp(`is whole: [0-9]+ records, from seq ${made.first} on$`))
})
