/** kill -9 says nothing of fsync: the kernel still has what was written. Here the power is cut. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { type LogRecord, openLevelStore } from '../../store/index.ts'
import { seeded } from '../seeded.ts'
import { commitOf } from './disk/commits.ts'
import { afterPowerCut, type Op, parseJournal } from './disk/model.ts'
import { compileShim } from './disk/shim.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-power-'))
afterAll(() => rmSync(folder, { recursive: true }))
const shim = compileShim(folder)
if (shim === undefined) console.warn('no C compiler: nothing is known here of what a power cut leaves')

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))
const cuts = Number(process.env.POWER_CUTS ?? 120)

function write(name: string, args: readonly string[], fail?: string): { ops: Op[]; output: string } {
  const root = join(folder, name)
  const journal = join(folder, `${name}.journal`)
  mkdirSync(root)
  const output = execFileSync(
    process.execPath,
    ['--import', 'tsx', new URL('./disk/writer.ts', import.meta.url).pathname, root, ...args],
    {
      env: {
        ...process.env,
        LD_PRELOAD: shim,
        DISK_ROOT: root,
        DISK_JOURNAL: journal,
        ...(fail !== undefined && { DISK_FAIL: fail }),
      },
    },
  )
  return { ops: parseJournal(readFileSync(journal)), output: output.toString() }
}

/** What the writer had been told to be safe before the operation. */
function acknowledgedBefore(ops: readonly Op[], at: number): number {
  const last = ops.slice(0, at).findLast((op) => op.kind === 'write' && op.path === 'acks')
  return last?.kind === 'write' ? Number(last.bytes.toString()) : 0
}

async function check(files: Map<string, Buffer>, acknowledged: number, size: number): Promise<void> {
  const root = join(folder, 'after')
  rmSync(root, { recursive: true, force: true })
  mkdirSync(join(root, 'log'), { recursive: true })
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), bytes)
  }
  const store = await openLevelStore(join(root, 'log'))
  expect(store.head.seq).toBeGreaterThanOrEqual(acknowledged)
  const found: LogRecord[] = []
  for await (const record of store.read()) found.push(record)
  const expected: LogRecord[] = []
  while (expected.length < found.length) expected.push(...commitOf(expected.length + 1, size).records)
  // Not toEqual, which takes seconds for megabytes.
  expect(isDeepStrictEqual(found, expected)).toBe(true)
  expect((await store.verifyChain()).damage).toEqual([])
  await store.append(commitOf(store.head.seq + 1, size))
  await store.close()
}

describe.runIf(shim !== undefined)('a store whose power is cut', () => {
  it.each([
    ['between small commits', ['3', '12', '40']],
    ['while LevelDB turns its log into tables', ['2', '40', '90000']],
  ])(
    '%s has all that was acknowledged, and nothing by half',
    async (name, args) => {
      const { ops } = write(name.replaceAll(' ', '-'), args)
      const random = seeded(seed)
      expect(ops.filter(({ kind }) => kind === 'sync').length).toBeGreaterThan(30)
      for (let n = 0; n < cuts; n++) {
        const at = 1 + Math.floor(random() * ops.length)
        const files = afterPowerCut(ops, at, random)
        try {
          await check(files, acknowledgedBefore(ops, at), Number(args[2]))
        } catch (error) {
          throw new Error(`seed ${seed}, cut ${n}, before operation ${at} of ${ops.length}`, { cause: error })
        }
      }
    },
    300_000,
  )

  it.each([
    ['an fsync fails', 'sync', 'EIO'],
    ['an fsync finds the disk full', 'sync', 'ENOSPC'],
    ['a write fails', 'write', 'EIO'],
    ['a write finds the disk full', 'write', 'ENOSPC'],
  ])(
    'fences itself when %s, and has all that was acknowledged (law 11)',
    async (_, kind, error) => {
      for (const nth of [40, 41, 42, 43, 44, 45]) {
        const name = `${kind}-${error}-${nth}`
        const { ops, output } = write(name, ['1', '60', '40'], `${kind}:${nth}:${error}`)
        const told = output
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as { seq?: number; code: string })
        expect(told.map(({ code }) => code)).toEqual(['STORE_WRITE_FAILED', 'STORE_FENCED'])
        const acknowledged = acknowledgedBefore(ops, ops.length)
        expect(acknowledged).toBeGreaterThan(10)
        expect(told[0]?.seq).toBe(acknowledged)
        const store = await openLevelStore(join(folder, name, 'log'))
        expect(store.head.seq).toBeGreaterThanOrEqual(acknowledged)
        expect((await store.verifyChain()).damage).toEqual([])
        await store.close()
      }
    },
    60_000,
  )
})
