/**
 * Each command that reads answers a wrong folder, address or time with one line and the right exit code, and ends
 * quietly when nobody reads its output. The commands are child processes.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Level } from 'level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ErrorCode, factsOf } from '../../errors/codes.ts'
import { createSupervisor, openLevelStore } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { META } from '../../store/leveldb/codec/keys.ts'
import { CUT_FORMAT } from '../../store/leveldb/log-state.ts'
import { program } from '../programs/program.ts'
import { OutcryProcess, outcry } from '../runner/runner-process.ts'
import { machines } from './till.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-wrong-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const at = (name: string) => join(root, name)
const MODULE = fileURLToPath(new URL('till.ts', import.meta.url))
const START = Date.parse('2026-01-31T09:00:00Z')

beforeAll(async () => {
  const store = await openLevelStore(at('good'))
  const supervisor = await createSupervisor({
    store,
    machines,
    clock: new EventClock(START),
    logger: silentLogger,
  })
  await supervisor.spawn('till', 'a', undefined, { at: START })
  // More than a pipe holds.
  for (let n = 0; n < 400; n++)
    await supervisor.send('till/a', { type: 'ORDER', id: `x${n}`, qty: n }, { at: START + n })
  await supervisor.stop()
  cpSync(at('good'), at('newer'), { recursive: true })
  const db = new Level<string, string>(at('newer'))
  await db.put(META.format, String(CUT_FORMAT + 1))
  await db.close()
  cpSync(at('good'), at('half'), { recursive: true })
  for (const name of readdirSync(at('half'))) if (name.startsWith('MANIFEST')) rmSync(join(at('half'), name))
  mkdirSync(at('other'))
  writeFileSync(join(at('other'), 'letter.txt'), 'Dear store')
  writeFileSync(at('torn.ts'), 'export const machines = {')
  writeFileSync(at('throws.ts'), "throw new Error('no licence')")
})

const BEFORE = '2020-01-01T00:00:00Z'
const READING: readonly (readonly string[])[] = [
  ['actors'],
  ['replay', 'till/a'],
  ['diff', 'till/a', '1', 'now'],
  ['why', 'till/a'],
  ['events'],
  ['state'],
  ['inspect', 'till/a'],
  ['verify'],
  ['doctor'],
]
const isDoctor = ([command]: readonly string[]) => command === 'doctor'

type Row = readonly [code: ErrorCode, folder: string, args: readonly string[]]

const ROWS: readonly Row[] = [
  ...READING.flatMap((args): Row[] => [
    ['STORE_NONE', 'other', args],
    ['STORE_FORMAT', 'newer', args],
  ]),
  ...READING.filter((args) => !isDoctor(args)).map((args): Row => ['STORE_CORRUPT', 'half', args]),
  ['STORE_NONE', 'other/letter.txt', ['replay', 'till/a']],
  ['STORE_NONE', 'nowhere', ['actors']],
  ['STORE_NONE', 'nowhere', ['doctor']],
  ['ACTOR_UNKNOWN', 'good', ['replay', 'till/none']],
  ['ACTOR_UNKNOWN', 'good', ['diff', 'till/none', '1', 'now']],
  ['ACTOR_UNKNOWN', 'good', ['why', 'till/none']],
  ['ACTOR_UNKNOWN', 'good', ['inspect', 'till/none']],
  ['RECORD_UNKNOWN', 'good', ['why', '99999']],
  ['RECORD_UNKNOWN', 'good', ['why', '99999999999999999999']],
  ['ADDRESS_INVALID', 'good', ['replay', 'a till']],
  ...['gone.ts', 'torn.ts', 'throws.ts', 'other'].map(
    (module): Row => ['MACHINES_NONE', 'good', ['why', 'till/a', '--machines', at(module)]],
  ),
  ['PLACE_INVALID', 'good', ['replay', 'till/a', '--at', BEFORE]],
  ['PLACE_INVALID', 'good', ['replay', 'till/a', '--to', BEFORE]],
  ['PLACE_INVALID', 'good', ['diff', 'till/a', BEFORE, 'now']],
  ['PLACE_INVALID', 'good', ['inspect', 'till/a', '--at', BEFORE]],
]

describe.concurrent('one line and the exit code of', () => {
  it.each(ROWS)('%s in %s: %j', async (code, folder, args) => {
    const own = isDoctor(args) ? [] : ['--machines', MODULE]
    const { stderr, stdout, code: exit } = await outcry(...args, '--data', at(folder), ...own)
    expect(stderr).toMatch(/^[^\n]+\n$/)
    // What, and what to do: two sentences.
    expect(stderr).toMatch(new RegExp(`^${code}: [^\\n]+\\. [A-Z\`][^\\n]+\\.\\n$`))
    expect([stdout, exit]).toEqual(['', factsOf(code).exit])
  })
})

describe.concurrent('nothing to show', () => {
  it.each([
    ['actors', 'till/none'],
    ['actors', '--changed-since', '2027-01-01T00:00:00Z'],
    ['events', '--to', BEFORE],
    ['state', '--at', BEFORE],
  ])('is no fault: %s %s %s', async (...args) => {
    const found = await outcry(...args, '--data', at('good'), '--machines', MODULE)
    expect(found).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\bin \S+good/) })
  })
})

it('lets the doctor say what a folder lacks that was copied in part', async () => {
  const { code, stderr, stdout } = await outcry('doctor', '--data', at('half'))
  expect([code, stderr]).toEqual([1, ''])
  expect(stdout).toContain('lacks the MANIFEST that its CURRENT names')
})

describe.concurrent('output that nobody reads', () => {
  it.each(READING.filter(([command]) => command !== 'inspect'))('ends %s %s quietly', async (...args) => {
    const own = isDoctor(args) ? [] : ['--machines', MODULE]
    // The doctor and verify keep each other out.
    const copy = at(`read by ${args[0]}`)
    cpSync(at('good'), copy, { recursive: true })
    const child = new OutcryProcess(...args.filter(Boolean), '--data', copy, ...own)
    child.child.stdout?.destroy()
    const { code, signal, stderr } = await child.finished()
    expect([code, signal, stderr]).toEqual([0, null, ''])
  })
})

it.skipIf(!existsSync('/dev/full'))('says in one line that the disk of its output is full', async () => {
  const full = openSync('/dev/full', 'w')
  try {
    const args = ['replay', 'till/a', '--data', at('good'), '--machines', MODULE]
    const child = spawn(process.execPath, [...program('tools/cli/main.ts'), ...args], {
      stdio: ['ignore', full, 'pipe'],
    })
    const [said, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')])
    expect([said, code]).toEqual([expect.stringMatching(/^ENOSPC: [^\n]+\.\n$/), 1])
  } finally {
    closeSync(full)
  }
})

it('a time that looks like an option is told how to stand', async () => {
  const { code, stderr } = await outcry('diff', 'till/a', '-10m', 'now', '--data', at('good'))
  expect([code, stderr]).toEqual([2, expect.stringContaining('a time such as -10m stands behind --')])
})
