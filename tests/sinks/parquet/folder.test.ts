/** Tests that a folder of Parquet files has each event once, at whatever step the process ends or the disk fails. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetMetadata } from 'hyparquet'
import * as client from 'hyparquet-writer'
import { afterEach, describe, expect, it } from 'vitest'
import { SinkEvent } from '../../../src/sinks/event.ts'
import { COLUMNS } from '../../../src/sinks/parquet/columns.ts'
import { type Disk, realDisk } from '../../../src/sinks/parquet/disk.ts'
import { ParquetFile } from '../../../src/sinks/parquet/file.ts'
import { type NewFile, ParquetFolder } from '../../../src/sinks/parquet/folder.ts'
import { partitionOf } from '../../../src/sinks/parquet/partition.ts'
import { ParquetWriter } from '../../../src/sinks/parquet/writer.ts'
import { mountDisk, NO_MOUNT } from '../../faults/disk/mount.ts'
import { envelope, parquetFiles, rowsIn, sinkEvent } from './events.ts'

const OWNER = { name: 'parquet', logId: 'log-1', epoch: 1, run: 'one' }
const LAST_SEQ = 12

describe('a folder of Parquet files', () => {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-parquet-'))
    folders.push(folder)
    return folder
  }

  async function opened(folder: string, disk?: Disk, bytesMax = 2 ** 30): Promise<ParquetWriter> {
    return new ParquetWriter(await ParquetFolder.open(folder, OWNER, disk), client, {
      bytesMax,
      flushMs: 1_000,
    })
  }

  /** Writes the rest up to the last seq, a flush for each six records. */
  async function writeRest(writer: ParquetWriter): Promise<void> {
    for (let from = ((await writer.position()) ?? 0) + 1; from <= LAST_SEQ; from += 6) {
      const to = from + 5
      const events = []
      for (let seq = from; seq <= to; seq++) events.push(sinkEvent(seq), sinkEvent(seq, 1))
      await writer.write({ events, from, to })
      await writer.flush()
    }
  }

  it.each([
    ['writes', 1],
    ['flushes', 2 ** 30],
  ])('does not count events that it had when it was closed while it %s', async (_, bytesMax) => {
    const folder = newFolder()
    const writer = await opened(folder, undefined, bytesMax)
    const events = Array.from({ length: 1_200 }, (_, i) => new SinkEvent({ ...envelope(2), seq: i + 1 }))
    const written = writer.write({ events, from: 1, to: events.length })
    if (bytesMax !== 1) await written
    const done = bytesMax === 1 ? written : writer.flush()
    await writer.close()
    await expect(done).rejects.toThrow('the sink was closed')
    expect(await (await opened(folder)).position()).toBeUndefined()
  })

  it('encodes a group in steps, to the same bytes as at once', () => {
    const [atOnce, stepped] = [new ParquetFile(client), new ParquetFile(client)]
    for (let group = 0; group < 3; group++) {
      for (const file of [atOnce, stepped])
        for (let seq = 1; seq <= 50; seq++) file.add(envelope(group * 50 + seq))
      atOnce.encode()
      const steps = [...stepped.encoding()].length
      expect(steps).toBeGreaterThan(4)
    }
    const bytes = stepped.end()
    expect(Buffer.compare(bytes, atOnce.end())).toBe(0)
    const { row_groups, num_rows } = parquetMetadata(bytes.slice().buffer as ArrayBuffer)
    expect(num_rows).toBe(150n)
    expect(row_groups.map(({ num_rows, columns }) => [num_rows, columns.length])).toEqual(
      Array.from({ length: 3 }, () => [50n, COLUMNS.length]),
    )
  })

  it('has each event as a row, with exact texts and a time in UTC', async () => {
    const folder = newFolder()
    await writeRest(await opened(folder))
    const rows = await rowsIn(folder)
    expect(rows).toHaveLength(2 * LAST_SEQ)
    expect(rows[0]).toEqual({
      seq: 1n,
      index: 0,
      event_id: 'order/sim:o-1/1/0',
      type: 'ORDER_FILLED',
      at: new Date(1_723_161_255_343),
      actor: 'order/sim:o-1',
      correlation: 'c-1',
      cause: null,
      venue: 'sim',
      symbol: 'ETH/USDT',
      instrument: null,
      strategy: 'ema',
      source: 'order@7',
      severity: null,
      by: null,
      request: null,
      side: null,
      last_px: '1.10',
      last_qty: '0.1',
      commission: null,
      commission_asset: null,
      realized_pnl: null,
      equity: null,
      event: JSON.stringify(envelope(1).event),
    })
    expect(parquetFiles(folder).slice(0, 2)).toEqual([
      'date=2024-08-08/venue=__HIVE_DEFAULT_PARTITION__/symbol=__HIVE_DEFAULT_PARTITION__/000000000005-000000000005.parquet',
      'date=2024-08-08/venue=sim/symbol=BTCUSDT/000000000002-000000000006.parquet',
    ])
  })

  it('has each event once, whichever step is the last one, and whether or not that was done', async () => {
    let steps = 0
    for (const ending of ['before', 'half', 'after'] as const) {
      for (let step = 1; ; step++) {
        const folder = newFolder()
        const failure = await fill(folder, mortal(step, ending)).catch((error: Error) => error.message)
        if (failure === undefined) break
        expect(failure).toBe('the process has ended')
        const seen = linesIn(folder)
        const kept = (await ParquetFolder.open(folder, OWNER)).seq ?? 0
        expect([ending, step, seen.filter((seq) => seq > kept)]).toEqual([ending, step, []])
        await fill(folder, realDisk)
        expect([ending, step, linesIn(folder)]).toEqual([ending, step, [1, 2, 3, 4]])
        steps++
      }
    }
    expect(steps).toBeGreaterThan(50)
  })

  it('writes files when enough waits, and not before', async () => {
    const folder = newFolder()
    const writer = await opened(folder, realDisk, 10_000)
    expect(await writer.write({ events: [sinkEvent(1)], from: 1, to: 1 })).toBe(0)
    expect(parquetFiles(folder)).toEqual([])
    const events = Array.from({ length: 20 }, (_, i) => sinkEvent(i + 2))
    expect(await writer.write({ events, from: 2, to: 21 })).toBe(21)
    expect(await rowsIn(folder)).toHaveLength(21)
  })

  it('refuses a folder of another log, of another sink, or of nobody', async () => {
    const folder = newFolder()
    await writeRest(await opened(folder))
    const open = (owner: typeof OWNER) => ParquetFolder.open(folder, owner)
    const foreign = { code: 'SINK_FOREIGN' }
    await expect(open({ ...OWNER, logId: 'log-2' })).rejects.toMatchObject(foreign)
    await expect(open({ ...OWNER, name: 'other' })).rejects.toMatchObject(foreign)
    writeFileSync(join(folder, '_outcry.json'), '{')
    await expect(open(OWNER)).rejects.toMatchObject(foreign)
    rmSync(join(folder, '_outcry.json'))
    await expect(open(OWNER)).rejects.toMatchObject(foreign)
  })

  it('is written by one of the copies of a log, the one with the latest start', async () => {
    const folder = newFolder()
    const first = await ParquetFolder.open(folder, OWNER)
    await first.add(filesOf([1], 8), 1)
    const foreign = { code: 'SINK_FOREIGN' }
    await expect(ParquetFolder.open(folder, { ...OWNER, run: 'copy' })).rejects.toMatchObject(foreign)
    const later = await ParquetFolder.open(folder, { ...OWNER, epoch: 2, run: 'later' })
    await expect(first.add(filesOf([2], 8), 2)).rejects.toMatchObject(foreign)
    await expect(ParquetFolder.open(folder, OWNER)).rejects.toMatchObject(foreign)
    await later.add(filesOf([3], 8), 3)
    expect(linesIn(folder)).toEqual([1, 3])
    // What the first has left is gone with the next opening.
    await ParquetFolder.open(folder, { ...OWNER, epoch: 3, run: 'last' })
    expect(readdirSync(join(folder, '_parts'))).toEqual([])
  })

  it('begins anew when it was removed while it was in use', async () => {
    const folder = newFolder()
    const first = await ParquetFolder.open(folder, OWNER)
    await first.add(filesOf([1], 8), 1)
    rmSync(folder, { recursive: true })
    await expect(first.add(filesOf([2], 8), 2)).rejects.toThrow()
    expect((await ParquetFolder.open(folder, OWNER)).seq).toBeUndefined()
  })

  it('has each event once when its disk was full for a while', async ({ skip }) => {
    const folder = join(newFolder(), 'small')
    skip(!mountDisk(folder, '128k'), NO_MOUNT)
    try {
      const failure = await fill(folder, realDisk, 40_000).catch((error: NodeJS.ErrnoException) => error.code)
      expect(failure).toBe('ENOSPC')
      await expect(fill(folder, realDisk, 40_000)).rejects.toThrow('ENOSPC')
      execFileSync('mount', ['-o', 'remount,size=4m', folder])
      await fill(folder, realDisk, 40_000)
      expect(linesIn(folder)).toEqual([1, 2, 3, 4])
    } finally {
      execFileSync('umount', [folder])
    }
  })

  it('waits for work that nobody waits for any more', async () => {
    const folder = newFolder()
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const slow: Disk = { ...realDisk, rename: (from, to) => gate.then(() => realDisk.rename(from, to)) }
    const first = await opened(folder, slow)
    await first.write({ events: [sinkEvent(1)], from: 1, to: 1 })
    const hanging = first.flush()
    const second = opened(folder)
    go()
    await hanging
    expect(await (await second).position()).toBe(1)
  })
})

describe('the folders of an event', () => {
  it('have names that no file system and no pattern takes for something else', () => {
    const of = (symbol: string) => partitionOf({ at: 0, venue: null, symbol }).split('symbol=')[1]
    expect(of('BTC/USDT')).toBe('BTC%2FUSDT')
    expect(of('*=\\ä\ud800')).toBe('%2A%3D%5C%C3%A4%EF%BF%BD')
    expect(of('ä'.repeat(500))?.length).toBeLessThanOrEqual(200)
    expect(of(`${'ä'.repeat(500)}1`)).not.toBe(of(`${'ä'.repeat(500)}2`))
  })

  it('are of the day in UTC', () => {
    const of = (at: number) => partitionOf({ at, venue: 'sim', symbol: 'A' })
    expect(of(Date.UTC(2024, 7, 8, 23, 59, 59, 999))).toBe('date=2024-08-08/venue=sim/symbol=A')
    expect(of(Date.UTC(2024, 7, 9))).toBe('date=2024-08-09/venue=sim/symbol=A')
    expect(of(1e300)).toMatch(/^date=__HIVE/)
  })
})

/** Adds what a folder has not yet: two flushes of two files, each of `bytes` and with a seq. */
async function fill(folder: string, disk: Disk, bytes = 8): Promise<void> {
  const open = await ParquetFolder.open(folder, OWNER, disk)
  for (let seq = (open.seq ?? 0) + 2; seq <= 4; seq += 2) await open.add(filesOf([seq - 1, seq], bytes), seq)
}

async function* filesOf(seqs: readonly number[], length: number): AsyncGenerator<NewFile> {
  for (const seq of seqs)
    yield { path: `date=1/venue=${seq % 2}/${seq}.parquet`, bytes: Buffer.from(`${seq}\n`.padEnd(length)) }
}

function linesIn(folder: string): number[] {
  const texts = parquetFiles(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  return texts.map((text) => Number(text.trim())).sort((a, b) => a - b)
}

/** A disk of a process that ends at a step: before it, when a half of it is done, or after it. */
function mortal(last: number, ending: 'before' | 'half' | 'after'): Disk {
  let step = 0
  const mortalStep = (name: keyof Disk) => async (path: never, to: never) => {
    if (++step > last || (step === last && ending === 'before')) throw new Error('the process has ended')
    const isHalf = step === last && ending === 'half'
    const isWrite = name === 'write'
    const bytes = isHalf && isWrite ? (to as Uint8Array).subarray(0, 1) : to
    const done = isHalf && !isWrite ? undefined : await realDisk[name](path, bytes as never)
    if (step === last) throw new Error('the process has ended')
    return done
  }
  return Object.fromEntries(
    Object.keys(realDisk).map((name) => [name, mortalStep(name as keyof Disk)]),
  ) as unknown as Disk
}
