/**
 * Kills a process that deletes the beginning of its log, and cuts its power, at operations of each step: at the snapshots that
 * stand in the place of what goes, at the commit of the cut, and at the removal. Then lets the disk fail in each of them.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { recordCodec } from '../../src/runtime/record/record-codec.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { diagnose } from '../../store/index.ts'
import { all } from '../../store/tck/subject.ts'
import { program } from '../programs/program.ts'
import { ACTORS, DELETES_ALL, LATER, makeLog, open, random } from '../runtime/deletable.ts'
import { eventually } from '../runtime/harness.ts'
import { howMany, SEED, seeded } from '../seeded.ts'
import { afterKill, afterPowerCut, type Before, type Op, parseJournal } from './disk/model.ts'
import { compileShim, NO_SHIM } from './disk/shim.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-kill-deletion-'))
afterAll(() => rmSync(folder, { recursive: true }))
const shim = compileShim(folder)
const DELETER = program('tests/faults/disk/deleter.ts')
const STEPS = ['putBases', 'cut', 'sweep'] as const
const perStep = howMany('CUT_KILLS', 2)
const failures = howMany('CUT_FAILURES', 1)

let before: Before
/** End of the archive, and all records that the log has once its beginning is deleted. */
let end: number
let records: TransitionRecord[]
/** The number of records that were there before. */
let had: number
/** The states of actors behind the cut. */
let states: unknown[]
/** What a process does that is left alone. */
let whole: Run

interface Run {
  readonly ops: readonly Op[]
  readonly codes: readonly string[]
  readonly root: string
}

function deleteOn(name: string, fail?: string): Run {
  const root = join(folder, name)
  write(root, before)
  const journal = join(folder, `${name}.journal`)
  const output = execFileSync(process.execPath, [...DELETER, root], {
    env: {
      ...process.env,
      LD_PRELOAD: shim,
      DISK_ROOT: root,
      DISK_JOURNAL: journal,
      ...(fail !== undefined && { DISK_FAIL: fail }),
    },
  })
  return { root, ops: parseJournal(readFileSync(journal)), codes: output.toString().split('\n').slice(0, -1) }
}

function write(root: string, files: Before): void {
  rmSync(root, { recursive: true, force: true })
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), bytes)
  }
}

/** Returns the step in which each operation is. */
function stepsOf(ops: readonly Op[]): (string | undefined)[] {
  let step: string | undefined
  return ops.map((op) => {
    if (op.kind !== 'write' || op.path !== 'steps') return step
    step = op.bytes.toString().trim()
    return undefined
  })
}

beforeAll(async () => {
  const made = join(folder, 'made')
  end = (await makeLog(join(made, 'log'), random(SEED))).ends.at(-1) as number
  before = new Map(
    readdirSync(made, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(made.length + 1), readFileSync(path)]),
  )
  const store = await openLevelStore(join(made, 'log'))
  records = await all(store.read())
  had = records.length
  await store.close()
  if (shim === undefined) return
  whole = deleteOn('whole')
  const after = await openLevelStore(join(whole.root, 'log'))
  expect([whole.codes, after.cut?.firstSeq]).toEqual([[], end + 1])
  records.push(...(await all(after.read({ fromSeq: had + 1 }))))
  await after.close()
  const { supervisor } = await open(join(made, 'log'))
  states = await statesOf(supervisor)
  await supervisor.stop()
})
beforeEach(({ skip }) => skip(shim === undefined, NO_SHIM))

const statesOf = (supervisor: Supervisor) =>
  Promise.all(Array.from({ length: ACTORS }, (_, i) => supervisor.stateAt(`counter/${i}`, { seq: end + 1 })))

/** Checks a folder that was left in the middle, deletes the rest, and checks it again. */
async function check(root: string): Promise<void> {
  const log = join(root, 'log')
  await isWhole(log)
  const { supervisor, store } = await open(log, DELETES_ALL)
  await supervisor.send('filler/0', { type: 'TICK', at: LATER + 1 })
  await eventually(() => expect(store.cut?.firstSeq).toBe(end + 1))
  await eventually(() => expect(readdirSync(join(log, 'archive')).filter(isFile)).toEqual([]))
  expect((await supervisor.verify()).problems).toEqual([])
  expect(await statesOf(supervisor)).toEqual(states)
  await supervisor.stop()
  expect((await diagnose(log, { codec: recordCodec })).damage).toEqual([])
}

const isFile = (name: string) => name.endsWith('.gz')

/** Checks that the log has the records of a run that is left alone, up to some seq. */
async function isWhole(log: string): Promise<void> {
  expect((await diagnose(log, { codec: recordCodec })).damage).toEqual([])
  const store = await openLevelStore(log)
  const { seq } = store.head
  expect(seq).toBeGreaterThanOrEqual(had)
  expect(await all(store.read())).toEqual(records.slice((store.cut?.firstSeq ?? 1) - 1, seq))
  expect((await store.verifyChain()).damage).toEqual([])
  await store.close()
}

it.each(STEPS)(`leaves a whole log when it ends within %s, seed ${SEED}`, async (step) => {
  const pick = seeded(SEED + step.length)
  const steps = stepsOf(whole.ops)
  const places = steps.flatMap((one, at) => (one === step ? [at] : []))
  expect(places.length).toBeGreaterThan(1)
  const chosen =
    places.length <= perStep
      ? places
      : Array.from({ length: perStep }, () => places[Math.floor(pick() * places.length)] as number)
  for (const [n, at] of chosen.entries()) {
    const left = n % 2 === 0 ? afterKill(whole.ops, at, before) : afterPowerCut(whole.ops, at, pick, before)
    const root = join(folder, 'left')
    write(root, left)
    await check(root).catch((cause) => {
      throw new Error(`${step}, before operation ${at} of ${whole.ops.length}: ${cause}`, { cause })
    })
  }
})

it.each(STEPS)(`leaves a whole log when the disk fails within %s, seed ${SEED}`, async (step) => {
  const pick = seeded(SEED + step.length)
  const steps = stepsOf(whole.ops)
  for (let n = 0; n < failures; n++) {
    const kind = pick() < 0.5 ? 'sync' : 'write'
    const error = pick() < 0.5 ? 'EIO' : 'ENOSPC'
    const places = steps.flatMap((one, at) => (one === step && whole.ops[at]?.kind === kind ? [at] : []))
    const at = places[Math.floor(pick() * places.length)] as number
    const nth = whole.ops.slice(0, at + 1).filter((op) => op.kind === kind).length
    const run = deleteOn('failing', `${kind}:${nth}:${error}`)
    // It ends in order, says what has failed, and takes nothing more.
    expect([run.codes.length > 1, stepsOf(run.ops).at(-1)]).toEqual([true, step])
    expect(run.codes.slice(1)).toContain('STORE_FENCED')
    await check(run.root).catch((cause) => {
      throw new Error(`${step}, ${kind} ${nth}, ${error}: ${cause}`, { cause })
    })
  }
})
