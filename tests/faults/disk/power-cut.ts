/** Runs a writer on a disk that journals its operations, and checks what power cuts would leave. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type LogRecord, openLevelStore } from '../../../store/index.ts'
import { program } from '../../programs/program.ts'
import { seeded } from '../../seeded.ts'
import { commitOf } from './commits.ts'
import { afterPowerCut, type Op, parseJournal } from './model.ts'

const WRITER = program('tests/faults/disk/writer.ts')

/** The work of the writer: how often it opens the store, and the number and size of its commits. */
export interface Writing {
  readonly runs: number
  readonly commits: number
  readonly size: number
}

export interface Disk {
  /** Folder for all files. */
  readonly folder: string
  readonly shim: string
}

/** Runs the writer. `fail` is DISK_FAIL of shim.c. */
export function writeOn(
  { folder, shim }: Disk,
  name: string,
  { runs, commits, size }: Writing,
  fail?: string,
): { root: string; ops: Op[]; output: string } {
  const root = join(folder, name)
  const journal = join(folder, `${name}.journal`)
  rmSync(root, { recursive: true, force: true })
  rmSync(journal, { force: true })
  mkdirSync(root)
  const output = execFileSync(
    process.execPath,
    [...WRITER, root, String(runs), String(commits), String(size)],
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
  return { root, ops: parseJournal(readFileSync(journal)), output: output.toString() }
}

/** Returns the seq that was acknowledged to the writer before the operation. */
export function acknowledgedBefore(ops: readonly Op[], at: number): number {
  const last = ops.slice(0, at).findLast((op) => op.kind === 'write' && op.path === 'acks')
  return last?.kind === 'write' ? Number(last.bytes.toString()) : 0
}

/**
 * Cuts the power at random operations and checks the rest.
 * @throws Error naming seed and cut, with the fault as its cause
 */
export async function cutPower(
  disk: Disk,
  name: string,
  writing: Writing,
  seed: number,
  cuts: number,
): Promise<void> {
  const { ops } = writeOn(disk, name, writing)
  const syncs = ops.filter(({ kind }) => kind === 'sync').length
  if (syncs < writing.runs * writing.commits) throw new Error(`only ${syncs} syncs: commits are not synced`)
  const random = seeded(seed)
  for (let n = 0; n < cuts; n++) {
    const at = 1 + Math.floor(random() * ops.length)
    const files = afterPowerCut(ops, at, random)
    try {
      await check(join(disk.folder, 'after'), files, acknowledgedBefore(ops, at), writing.size)
    } catch (cause) {
      throw new Error(`seed ${seed}, cut ${n}, before operation ${at} of ${ops.length}: ${cause}`, { cause })
    }
  }
}

async function check(
  root: string,
  files: Map<string, Buffer>,
  acknowledged: number,
  size: number,
): Promise<void> {
  rmSync(root, { recursive: true, force: true })
  mkdirSync(join(root, 'log'), { recursive: true })
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), bytes)
  }
  const store = await openLevelStore(join(root, 'log'))
  if (store.head.seq < acknowledged)
    throw new Error(`${acknowledged} was acknowledged, ${store.head.seq} is there`)
  const found: LogRecord[] = []
  for await (const record of store.read()) found.push(record)
  const expected: LogRecord[] = []
  while (expected.length < found.length) expected.push(...commitOf(expected.length + 1, size).records)
  if (!isDeepStrictEqual(found, expected)) throw new Error('the records are not what was written')
  const { damage } = await store.verifyChain()
  if (damage.length > 0) throw new Error(JSON.stringify(damage))
  await store.append(commitOf(store.head.seq + 1, size))
  await store.close()
}
