/** Tests `outcry export` of a closed log and of a running program, and that what it writes is read back as it was. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import { createSupervisor, type EventEnvelope, openLevelStore, serve } from '../../src/index.ts'
import { RUNNER_FILE } from '../../src/runner/folder/announcement.ts'
import { envelopesOf } from '../../src/runtime/events/envelope.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { type EventsOptions, events } from '../../tools/cli/command-events.ts'
import { type ExportOptions, exportEvents } from '../../tools/cli/command-export.ts'
import { CSV_HEAD, csvLine } from '../../tools/cli/files/csv.ts'
import { FORMATS } from '../../tools/cli/files/formats.ts'
import { fileTarget, folderTarget } from '../../tools/cli/files/target.ts'
import { duckdb } from '../sinks/parquet/duckdb.ts'
import { linesOf } from './said.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const START = Date.parse('2026-01-31T23:59:00Z')
const COUNT = 120

const teller = setup({
  types: {} as { events: { type: 'SAY'; what: AnyEvent }; emitted: AnyEvent },
}).createMachine({ id: 'teller', on: { SAY: { actions: emit(({ event }) => event.what) } } })

async function open(): Promise<Supervisor> {
  const store = await openLevelStore(data)
  return createSupervisor({ store, machines: { teller }, clock: new EventClock(START), logger: silentLogger })
}

let all: EventEnvelope[] = []
beforeAll(async () => {
  const supervisor = await open()
  await supervisor.spawn('teller', 'a', undefined, { at: START })
  for (let n = 1; n <= COUNT; n++) {
    const symbol = n % 10 === 0 ? null : n % 3 === 0 ? 'ETH/USDT' : 'BTCUSDT'
    const place = symbol === null ? {} : { venue: 'sim', symbol }
    const what = {
      type: n % 2 === 0 ? 'EVEN' : 'ODD',
      n,
      ...place,
      lastPx: '0.1',
      note: `a "quote", ä\n${n}`,
    }
    await supervisor.send('teller/a', { type: 'SAY', what, by: 'ann' }, { at: START + n * 1_000 })
  }
  for await (const record of supervisor.read()) all.push(...envelopesOf(record))
  await supervisor.stop()
  all = JSON.parse(JSON.stringify(all))
})

let exports = 0
/** Returns the path of what the command writes, in a log that is closed or in use. */
async function exported(types: readonly string[], options: ExportOptions & { as: 'out' | 'folder' }) {
  const path = join(folder, `export-${++exports}.${options.format ?? 'jsonl'}`)
  const { as, ...others } = options
  await linesOf(() => exportEvents(types, { data, [as]: path, json: true, ...others }))
  return path
}

async function readBack(path: string, options: EventsOptions = { data }): Promise<EventEnvelope[]> {
  const lines = await linesOf(() => events([], { ...options, file: path, json: true }))
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

it.each([fileTarget, folderTarget])(
  'of two exports to one path one has it, with its own events',
  async (targetOf) => {
    const path = join(folder, `twice-${targetOf.name}`)
    const [first, second] = [await targetOf(path, FORMATS.jsonl), await targetOf(path, FORMATS.jsonl)]
    const [mine, ...others] = all as [EventEnvelope, ...EventEnvelope[]]
    await first.add(mine)
    for (const one of others) await second.add(one)
    await first.end()
    await expect(second.end()).rejects.toMatchObject({ code: 'EXPORT_EXISTS' })
    await second.drop()
    expect(await readBack(path)).toEqual([mine])
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
  },
)

describe.each(['a closed log', 'a running program'])('the export of %s', (which) => {
  let end = async () => {}
  beforeAll(async () => {
    if (which === 'a closed log') return
    const supervisor = await open()
    const server = await serve(supervisor, { port: 0 })
    writeFileSync(join(data, RUNNER_FILE), JSON.stringify({ url: server.url, pid: process.pid }))
    end = async () => {
      await server.close()
      await supervisor.stop()
      rmSync(join(data, RUNNER_FILE))
    }
  })
  afterAll(() => end())

  it.each(['jsonl', 'parquet', 'csv'] as const)(
    'is read back as it was, from a file and from a folder: %s',
    async (format) => {
      for (const as of ['out', 'folder'] as const) {
        const path = await exported([], { data, format, as })
        expect(await readBack(path)).toEqual(all)
        expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
      }
    },
  )

  it('has what is asked for: by type, symbol, seq and time', async () => {
    const of = async (types: readonly string[], options: Omit<ExportOptions, 'data'>) => {
      const path = await exported(types, { data, as: 'out', ...options })
      const text = readFileSync(path, 'utf8')
      return text === ''
        ? []
        : text
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line).event.n as number)
    }
    const wanted = (test: (envelope: EventEnvelope) => boolean) =>
      all.filter(test).map(({ event }) => event.n)
    expect(await of(['EVEN'], {})).toEqual(wanted(({ type }) => type === 'EVEN'))
    expect(await of([], { symbol: 'ETH/USDT' })).toEqual(wanted(({ symbol }) => symbol === 'ETH/USDT'))
    expect(await of([], { from: 'seq:10', to: 'seq:20' })).toEqual(
      wanted(({ seq }) => seq >= 10 && seq <= 20),
    )
    expect(await of(['events.odd.sim.>'], { from: '2026-02-01T00:00:30Z' })).toEqual(
      wanted(({ type, at, venue }) => type === 'ODD' && venue === 'sim' && at >= START + 90_000),
    )
    await expect(of(['transitions.>'], {})).rejects.toMatchObject({ code: 'SUBSCRIPTION_UNMATCHED' })
  })

  it('is read by DuckDB, as CSV and as Parquet', async () => {
    const csv = await exported([], { data, format: 'csv', as: 'out' })
    const parquet = await exported([], { data, format: 'parquet', as: 'folder' })
    const question = (from: string) =>
      `SELECT count(*)::INT AS n, sum(last_px::DECIMAL(9,1))::VARCHAR AS sum, min("at")::VARCHAR AS first, max(event->>'note') AS note FROM ${from}`
    const answer = [{ n: COUNT, sum: '12.0', first: '2026-01-31 23:59:01', note: 'a "quote", ä\n99' }]
    expect(await duckdb(question(`read_csv('${csv}', timestampformat='%Y-%m-%dT%H:%M:%S.%gZ')`))).toEqual(
      answer,
    )
    expect(await duckdb(question(`'${parquet}/**/*.parquet'`))).toEqual(answer)
  })
})

describe('exported events', () => {
  it('are in a folder for each day, venue and symbol', async () => {
    const path = await exported([], { data, as: 'folder' })
    const names = (readdirSync(path, { recursive: true }) as string[]).filter((name) =>
      name.endsWith('.jsonl'),
    )
    const places = [
      ['__HIVE_DEFAULT_PARTITION__', '__HIVE_DEFAULT_PARTITION__'],
      ['sim', 'BTCUSDT'],
      ['sim', 'ETH%2FUSDT'],
    ]
    expect(names.map((name) => name.slice(0, name.lastIndexOf('/'))).sort()).toEqual(
      ['2026-01-31', '2026-02-01'].flatMap((date) =>
        places.map(([venue, symbol]) => `date=${date}/venue=${venue}/symbol=${symbol}`),
      ),
    )
  })

  it('are found by range and symbol, without reading other files', async () => {
    const path = await exported([], { data, format: 'parquet', as: 'folder' })
    // These would not be read without a complaint.
    for (const part of [
      'date=2026-01-31/venue=sim/symbol=ETH%2FUSDT',
      'date=2026-02-01/venue=sim/symbol=BTCUSDT',
    ])
      for (const name of readdirSync(join(path, part))) writeFileSync(join(path, part, name), 'no parquet')
    const found = await readBack(path, { data, symbol: 'ETH/USDT', from: '2026-02-01T00:00:10Z' })
    expect(found).toEqual(all.filter(({ symbol, at }) => symbol === 'ETH/USDT' && at >= START + 70_000))
    await expect(readBack(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it('are counted by type, as those of a log', async () => {
    const file = await exported([], { data, as: 'out' })
    const counted = ['{"type":"EVEN","count":60}', '{"type":"ODD","count":60}']
    expect(await linesOf(() => events([], { data, count: true, json: true }))).toEqual(counted)
    expect(await linesOf(() => events([], { data, count: true, json: true, file }))).toEqual(counted)
  })

  it('replace nothing', async () => {
    const path = await exported([], { data, as: 'out' })
    const again = exportEvents([], { data, out: path })
    await expect(again).rejects.toMatchObject({ code: 'EXPORT_EXISTS' })
    expect(await readBack(path)).toEqual(all)
  })

  it('are refused with the line, where a file has something else', async () => {
    const path = join(folder, 'odd.jsonl')
    writeFileSync(path, `${JSON.stringify(all[0])}\n{}\n`)
    await expect(readBack(path)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(':2 '),
    })
  })

  describe('as CSV', () => {
    const file = (text: string) => {
      const path = join(folder, `csv-${++exports}.csv`)
      writeFileSync(path, text)
      return path
    }
    const text = (...envelopes: EventEnvelope[]) => [CSV_HEAD, ...envelopes.map(csvLine), ''].join('\n')

    it('are read back without loss: quotes, ends of lines, empty texts, nulls and any time', async () => {
      const odd = {
        ...(all[0] as EventEnvelope),
        actor: 'teller/a, "b"\r\nc',
        venue: '',
        symbol: null,
        at: 9e15,
        event: { type: 'ODD', text: 'ä \ud800 \u2028 ""' },
      }
      const events = [odd, all[1] as EventEnvelope]
      expect(await readBack(file(text(...events)))).toEqual(events)
    })

    it('are read as a program of tables has saved them: in another order, with a mark and other ends', async () => {
      const names = CSV_HEAD.split(',')
      const rows = [CSV_HEAD, csvLine({ ...(all[1] as EventEnvelope), event: { type: 'PLAIN' } })].map(
        (row) => row.replace('"{""type"":""PLAIN""}"', 'EVENT').split(',').toReversed().join(','),
      )
      const saved = `\ufeff${rows.join('\r\n').replace('EVENT', '"{""type"":""PLAIN""}"')}`
      expect(rows[1]?.split(',')).toHaveLength(names.length)
      expect(await readBack(file(saved))).toEqual([{ ...all[1], event: { type: 'PLAIN' } }])
    })

    it.each([
      [
        'an end within quotes',
        (rows: string) => rows.slice(0, -3),
        /ends within quotes, in the row of line 3/,
      ],
      ['too few cells', (rows: string) => `${rows}1,2,3\n`, /:4 is no event/],
      ['no event', (rows: string) => rows.replace(/"{.*\n$/, 'x\n'), /:3 is no event/],
      ['a missing column', (rows: string) => rows.replace('correlation', 'other'), /no column correlation/],
      [
        'a quote within a text',
        (rows: string) => rows.replace(/teller\/a,/, 'tel"ler,'),
        /a quote within a text/,
      ],
    ])('are refused with %s', async (_, change, message) => {
      const path = file(change(text(all[0] as EventEnvelope, all[1] as EventEnvelope)))
      await expect(readBack(path)).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringMatching(message),
      })
    })
  })
})
