/** A backup is a whole data folder: a run on it goes on as the original would. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import type { VenueReport } from '../../src/adapters/venue.ts'
import { WireIds } from '../../src/adapters/wire-ids.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { folderEntries, writeFolder } from '../../src/runner/folder/folder-copy.ts'
import { closedBooks } from '../../src/runner/folder/venue-books.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { decodeEntries, type StoreEntry } from '../../store/index.ts'
import { differenceOfLogs } from '../equal-logs.ts'
import { program } from '../programs/program.ts'
import { outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-folder-copy-'))
const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const place = (name: string) => join(folder, name)
const WHOLE_MS = 60_000
const symbols = [{ symbol: 'BTCUSDT', startPx: '60000.00', tickSize: '0.01', lotSize: '0.0001' }]

function start(
  name: string,
  durationMs: number,
  server: object = { enabled: false },
): Promise<RunningRunner> {
  const market = { source: 'sim', seed: 6, startAt: 1_700_000_000_000, durationMs, speed: 'max', symbols }
  const strategies = [
    { id: 'a', type: 'emaCross', symbol: 'BTCUSDT', interval: '1s', fast: 2, slow: 4, orderQty: '0.01' },
  ]
  const config = runnerConfig.parse({
    data: place(name),
    market,
    server,
    strategies,
    venue: { latencyMs: 300 },
  })
  return startRunner(config, LOGGER)
}

async function run(name: string, durationMs: number): Promise<void> {
  const runner = await start(name, durationMs)
  await runner.ended
  await runner.stop('the market has ended', 'test')
}

interface Lived {
  readonly log: readonly TransitionRecord[]
  readonly reports: readonly VenueReport[]
  /** Ids of orders that the venue has. */
  readonly orders: readonly string[]
}

/** All that log and books have. */
async function livedIn(name: string): Promise<Lived> {
  const store = await openLevelStore(join(place(name), 'log'))
  const log: TransitionRecord[] = []
  for await (const record of store.read()) log.push(record)
  const ids = new WireIds('sim', store.shortId)
  await store.close()
  const options = { ids, name: 'paper:sim', latencyMs: 300, takerFee: '0', makerFee: '0' }
  const venue = await openPaperVenue({ ...options, location: join(place(name), 'venue') })
  const reports = venue.reportsAfter(0)
  const orders = [...venue.openOrders(), ...venue.pendingOrders()].map(({ clOrdId }) => clOrdId)
  for (const { report } of reports) if ('clOrdId' in report) orders.push(report.clOrdId)
  await venue.close()
  return { log, reports, orders }
}

/** The store's short id, and what the venue itself calls the orders of all its reports. */
async function wiredIn(name: string): Promise<{ shortId: string; wireIds: readonly string[] }> {
  const store = await openLevelStore(join(place(name), 'log'))
  await store.close()
  const options = { name: 'paper:sim', latencyMs: 300, takerFee: '0', makerFee: '0' }
  const venue = await openPaperVenue({ ...options, location: join(place(name), 'venue') })
  const wireIds = venue.reportsAfter(0).flatMap(({ report }) => ('clOrdId' in report ? [report.clOrdId] : []))
  await venue.close()
  return { shortId: store.shortId, wireIds }
}

function expectEqual(found: Lived, whole: Lived): void {
  expect(differenceOfLogs(whole.log, found.log)).toBeUndefined()
  // Where the request stands in the log shifts with each start.
  const plain = ({ ref: _, ...report }: VenueReport) => report
  expect(found.reports.map(plain)).toEqual(whole.reports.map(plain))
}

/** Neither is of a later time than the other: the books have what the log was told, and the log has what they were asked. */
function expectOneMoment({ log, reports, orders }: Lived): void {
  const told = log.flatMap(({ origin }) => (origin?.source === 'paper:sim' ? [origin.position] : []))
  expect(reports.length).toBeGreaterThanOrEqual(Math.max(0, ...told))
  const asked = new Set(
    log.flatMap(({ intents = [] }) =>
      intents.flatMap(({ event }) => ('clOrdId' in event ? [event.clOrdId as string] : [])),
    ),
  )
  expect(orders.filter((id) => !asked.has(id))).toEqual([])
}

async function* closedFolder(name: string): AsyncGenerator<StoreEntry> {
  const store = await openLevelStore(join(place(name), 'log'))
  const [closed] = closedBooks(place(name))
  const books = await closed?.open()
  try {
    const sources = books ? [{ folder: 'venue', entries: () => books.entries() }] : []
    yield* folderEntries(store.entries(), sources, place(name))
  } finally {
    await books?.close()
    await store.close()
  }
}

const unchecked = async () => {}

describe('a backup', () => {
  let whole: Lived
  beforeAll(async () => {
    await run('whole', WHOLE_MS)
    whole = await livedIn('whole')
    expect(whole.reports.length).toBeGreaterThan(10)
  })

  it('of a closed folder goes on as the original would', async () => {
    await run('closed', 21_370)
    writeFileSync(join(place('closed'), 'strategies.json'), '{"modules":{"mine":"/somewhere/mine.ts"}}\n')
    const { code, stdout } = await outcry('backup', place('copy'), '--data', place('closed'), '--json')
    const { log, reports } = await livedIn('closed')
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { records: log.length, reports: reports.length }])
    expect(readdirSync(place('copy')).sort()).toEqual(['log', 'strategies.json', 'venue'])
    for (const name of ['closed', 'copy']) {
      expect(JSON.parse(readFileSync(join(place(name), 'strategies.json'), 'utf8'))).toEqual({
        modules: { mine: '/somewhere/mine.ts' },
      })
      rmSync(join(place(name), 'strategies.json'))
    }
    const restored = await outcry('restore', place('copy'), '--data', place('restored'))
    expect([restored.code, restored.stdout]).toEqual([0, expect.stringContaining('is whole')])
    const { shortId, wireIds } = await wiredIn('closed')
    expect(await wiredIn('copy')).toEqual({ shortId, wireIds })
    expect((await wiredIn('whole')).shortId).not.toBe(shortId)
    for (const name of ['restored', 'closed']) {
      await run(name, WHOLE_MS)
      expectEqual(await livedIn(name), whole)
      // It goes on under the short id that it began with.
      const gone = await wiredIn(name)
      expect(gone.wireIds.slice(0, wireIds.length)).toEqual(wireIds)
      expect(gone.wireIds.length).toBeGreaterThan(wireIds.length)
      expect([gone.shortId, ...gone.wireIds.filter((id) => !id.startsWith(`${shortId}-`))]).toEqual([shortId])
    }
  })

  it('of a running folder is of one moment, whenever it is taken', async () => {
    const runner = await start('running', WHOLE_MS, { port: 0 })
    const copies: string[] = []
    let isOver = false
    const over = runner.ended.then(() => {
      isOver = true
    })
    while (!isOver && copies.length < 6) {
      const response = await fetch(`${runner.url}/backup?of=folder`)
      if (!response.ok) expect.fail(`${response.status}: ${await response.text()}`)
      const name = `running-${copies.length}`
      await writeFolder(
        decodeEntries(response.body as unknown as AsyncIterable<Uint8Array>),
        place(name),
        unchecked,
      )
      copies.push(name)
    }
    await over
    await runner.stop('the market has ended', 'test')
    const seqs = new Set<number>()
    for (const name of copies) {
      const copied = await livedIn(name)
      seqs.add(copied.log.length)
      expectOneMoment(copied)
      await run(name, WHOLE_MS)
      const lived = await livedIn(name)
      expectOneMoment(lived)
      expectEqual(lived, whole)
    }
    expect(seqs.size).toBeGreaterThan(1)
  })

  it('is there whole or not at all, whatever ends it', async () => {
    async function* cutOff(entries: AsyncIterable<StoreEntry>, after: number): AsyncGenerator<StoreEntry> {
      let n = 0
      for await (const entry of entries) {
        if (n++ === after) throw new Error('no more')
        yield entry
      }
    }
    for (const after of [0, 1, 2, 3, 40]) {
      const copying = writeFolder(cutOff(closedFolder('whole'), after), place('cut'), unchecked)
      await expect(copying).rejects.toMatchObject({ code: 'BACKUP_FAILED' })
    }
    const damaged = () => Promise.reject(new Error('damaged'))
    await expect(writeFolder(closedFolder('whole'), place('cut'), damaged)).rejects.toMatchObject({
      code: 'BACKUP_FAILED',
    })
    expect(readdirSync(folder).filter((name) => name.startsWith('cut'))).toEqual([])
  })

  it('takes the place of nothing, but of an empty folder', async () => {
    mkdirSync(place('empty'))
    await writeFolder(closedFolder('whole'), place('empty'), unchecked)
    await expect(writeFolder(closedFolder('whole'), place('empty'), unchecked)).rejects.toMatchObject({
      code: 'BACKUP_EXISTS',
    })
    writeFileSync(place('file'), '')
    await expect(writeFolder(closedFolder('whole'), place('file'), unchecked)).rejects.toMatchObject({
      code: 'BACKUP_EXISTS',
    })
  })

  it('from a runner that sends the log alone is refused', async () => {
    async function* logAlone(): AsyncGenerator<StoreEntry> {
      const store = await openLevelStore(join(place('whole'), 'log'))
      try {
        yield* store.entries()
      } finally {
        await store.close()
      }
    }
    const copying = writeFolder(logAlone(), place('alone'), unchecked)
    await expect(copying).rejects.toMatchObject({ code: 'BACKUP_LOG_ALONE' })
  })

  it('that is killed leaves nothing that the next one minds', async () => {
    const args = ['tools/cli/main.ts', 'backup', place('killed'), '--data', place('whole')] as const
    const [main, ...rest] = args
    const child = spawn(process.execPath, [...program(main), ...rest], { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('close', resolve))
    while (!existsSync(join(place('killed.part'), 'log.part')) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 1))
    child.kill('SIGKILL')
    await ended
    if (existsSync(place('killed'))) return
    await writeFolder(closedFolder('whole'), place('killed'), unchecked)
    expectEqual(await livedIn('killed'), whole)
    expect(readdirSync(folder)).not.toContain('killed.part')
  })
})
