/** Long commands show how far they are, and end at once when a person has seen enough. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSupervisor, openLevelStore } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { READERS } from '../../store/leveldb/folder/store-files.ts'
import { events } from '../../tools/cli/command-events.ts'
import { replay } from '../../tools/cli/command-replay.ts'
import { OutcryProcess } from '../runner/runner-process.ts'
import { eventually } from '../runtime/harness.ts'
import { linesOf } from './said.ts'
import { machines } from './till.ts'

const START = Date.parse('2026-01-31T09:00:00Z')
const MODULE = fileURLToPath(new URL('till.ts', import.meta.url))
const data = mkdtempSync(join(tmpdir(), 'outcry-ending-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))

beforeAll(async () => {
  const store = await openLevelStore(data)
  const supervisor = await createSupervisor({
    store,
    machines,
    clock: new EventClock(START),
    logger: silentLogger,
  })
  await supervisor.spawn('till', 'a', undefined, { at: START })
  await supervisor.sendAll(
    Array.from({ length: 250 }, (_, n) => ({
      to: 'till/a',
      event: { type: 'ORDER', id: 'x', qty: n },
      at: START + 60_000,
    })),
  )
  await supervisor.stop()
})

describe('a search that finds nothing', () => {
  afterEach(() => vi.restoreAllMocks())

  it.each([
    ['events', () => events([], { data, machines: [MODULE], strategy: 'none' })],
    ['records', () => replay('till/a', { data, machines: [MODULE], changed: 'value' })],
  ])('says in a terminal how many %s it has read', async (noun, search) => {
    const { isTTY } = process.stderr
    process.stderr.isTTY = true
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000))
    let said = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += text
      return true
    })
    try {
      await linesOf(search)
    } finally {
      process.stderr.isTTY = isTTY
    }
    expect(said).toContain(`\r100 ${noun} read`)
    expect(said).toMatch(new RegExp(`\r200 ${noun} read\r\u001b\\[K$`))
  })
})

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('ends at %s with %i, says nothing, and leaves no copy of the log', async (signal, code) => {
  const child = new OutcryProcess(
    ...['replay', 'till/a', '--speed', '1', '--data', data, '--machines', MODULE],
  )
  await eventually(() => expect(child.stdout).toContain('till/a'))
  expect(existsSync(join(data, READERS))).toBe(true)
  child.child.kill(signal)
  expect(await child.finished()).toMatchObject({ code, stderr: '' })
  expect(existsSync(join(data, READERS))).toBe(false)
})
