/** Tests `outcry import`: what comes in is what goes out again, all of a file or nothing of it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { machines } from '../../machines/index.ts'
import { createSupervisor, openLevelStore, serve } from '../../src/index.ts'
import { RUNNER_FILE } from '../../src/runner/folder/announcement.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { exportEvents } from '../../tools/cli/command-export.ts'
import { importLedger } from '../../tools/cli/command-import.ts'
import { state } from '../../tools/cli/command-state.ts'
import { exactJson } from '../../tools/cli/files/exact-json.ts'
import { textLines } from '../../tools/cli/files/text-lines.ts'
import { linesOf } from './said.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let made = 0
const newPath = (name: string) => join(folder, `${++made}-${name}`)

function write(lines: readonly string[], end = '\n'): string {
  const path = newPath('book.jsonl')
  writeFileSync(path, lines.map((line) => `${line}${end}`).join(''))
  return path
}

function lineOf(n: number, more: object = {}): string {
  const payload = { venue: 'binance', symbol: 'BTCUSDT', n, px: `${n}.10`, ...more }
  return JSON.stringify({
    event_id: `e-${n}`,
    event_type: 'order.filled',
    timestamp: new Date(1_723_161_255_343 + n).toISOString(),
    sequence_num: n,
    payload,
    metadata: { source: 'oms' },
  })
}

async function imported(file: string, data: string): Promise<{ entries: number; imported: number }> {
  const [line = ''] = await linesOf(() => importLedger(file, { data, ledger: 'book', json: true }))
  return JSON.parse(line)
}

async function exportedLedger(data: string): Promise<string> {
  const out = newPath('out.jsonl')
  await linesOf(() => exportEvents([], { data, out, format: 'ledger', kind: 'ledger', json: true }))
  return readFileSync(out, 'utf8')
}

async function seqOf(data: string): Promise<number> {
  const store = await openLevelStore(join(data, 'log'))
  const { seq } = store.head
  await store.close()
  return seq
}

describe('a ledger', () => {
  it('that was exported comes out of an empty store as the same bytes', async () => {
    const data = newPath('data')
    const store = await openLevelStore(join(data, 'log'))
    const supervisor = await createSupervisor({ store, machines, logger: silentLogger })
    await supervisor
      .send('news/main', { type: 'NEWS_ITEM', at: 1, id: 'n', headline: 'x' } as never)
      .catch(() => {})
    await supervisor.spawn('component', 'news', { name: 'news' })
    for (const type of ['START', 'START_COMPLETED', 'STOP', 'STOP_COMPLETED', 'START', 'FAULT'])
      await supervisor.send('component/news', { type, ...(type === 'FAULT' && { reason: 'ä " \u2028' }) })
    await supervisor.stop()
    const first = newPath('first.jsonl')
    await linesOf(() => exportEvents([], { data, out: first, format: 'ledger', json: true }))
    const bytes = readFileSync(first, 'utf8')
    expect(bytes.split('\n').length).toBeGreaterThan(3)

    const other = newPath('data')
    expect(await imported(first, other)).toMatchObject({ imported: bytes.trimEnd().split('\n').length })
    expect(await exportedLedger(other)).toBe(bytes)
  })

  it('of another program comes in, however odd its lines are', async () => {
    const path = newPath('odd.jsonl')
    const odd = [
      '\ufeff{"sequence_num": 3, "payload": {"b": 1, "a": [1.50, 1e3, -0.1]}, "event_type": "ордер", "event_id": "1", "timestamp": 1723161255}\r',
      '\r',
      '   ',
      '{"event_id":"2","event_type":"x","timestamp":"2024-08-08T23:54:15.343+02:00","sequence_num":9007199254740991,"payload":{"qty":12345678901234567890.123456789,"n":9007199254740993,"text":"12345678901234567890 \\" \u2028 😀"},"metadata":null}\r',
    ]
    writeFileSync(path, odd.join('\n'))
    const data = newPath('data')
    expect(await imported(path, data)).toMatchObject({ entries: 2, imported: 2 })
    expect(await exportedLedger(data)).toBe(
      `{"event_id":"1","event_type":"ордер","timestamp":1723161255,"sequence_num":3,"payload":{"b":1,"a":[1.5,1000,-0.1]}}
{"event_id":"2","event_type":"x","timestamp":"2024-08-08T23:54:15.343+02:00","sequence_num":9007199254740991,"payload":{"qty":"12345678901234567890.123456789","n":"9007199254740993","text":"12345678901234567890 \\" \u2028 😀"},"metadata":null}
`,
    )
  })

  it('changes nothing when it is imported again, and goes on behind its last entry', async () => {
    const data = newPath('data')
    const lines = Array.from({ length: 700 }, (_, i) => lineOf(i + 1))
    expect(await imported(write(lines.slice(0, 300)), data)).toMatchObject({
      entries: 300,
      imported: 300,
    })
    const seq = await seqOf(data)
    expect(await imported(write(lines.slice(0, 300)), data)).toMatchObject({ entries: 300, imported: 0 })
    expect(await seqOf(data)).toBe(seq)
    expect(await imported(write(lines), data)).toMatchObject({ entries: 700, imported: 400 })
    expect(await exportedLedger(data)).toBe(`${lines.join('\n')}\n`)
  })

  it.each([
    ['no JSON', '{"event_id":', ':3: is no JSON'],
    ['a missing field', lineOf(3).replace('"event_type":"order.filled",', ''), ':3: event_type'],
    ['a missing payload', lineOf(3).replace(/"payload":\{.*?\},/, ''), ':3: payload is missing'],
    ['an unknown field', lineOf(3).replace('{', '{"more":1,'), ':3: Unrecognized key'],
    ['a sequence_num again', lineOf(2), ':3: sequence_num 2 does not follow 2'],
    [
      'a sequence_num that no number holds',
      lineOf(3).replace(':3,', ':9007199254740993,'),
      ':3: sequence_num',
    ],
    ['no time', lineOf(3).replace(/"timestamp":"[^"]*"/, '"timestamp":"yesterday"'), ':3: timestamp'],
    ['an entry that is too large', lineOf(3, { text: 'x'.repeat(100_000) }), ':3: has 100'],
  ])('with %s is refused with the line, and changes nothing', async (_, bad, said) => {
    const data = newPath('data')
    await imported(write([lineOf(1)]), data)
    const seq = await seqOf(data)
    const error = await importLedger(write([lineOf(1), lineOf(2), bad, lineOf(4)]), {
      data,
      ledger: 'book',
    }).catch((reason) => reason)
    expect([error.code, error.message]).toEqual(['LEDGER_INVALID', expect.stringContaining(said)])
    expect(await seqOf(data)).toBe(seq)
  })

  it('is in the state of the log', async () => {
    const data = newPath('data')
    await imported(write([lineOf(1), lineOf(7)]), data)
    const [line = ''] = await linesOf(() => state({ data, json: true }))
    expect(JSON.parse(line).ledgers).toEqual([
      expect.objectContaining({
        address: 'ledger/book',
        entries: 2,
        lastSequenceNum: 7,
        lastTimestamp: '2024-08-08T23:54:15.350Z',
      }),
    ])
  })

  it('that is not UTF-8 is refused', async () => {
    const path = newPath('latin.jsonl')
    writeFileSync(
      path,
      Buffer.concat([Buffer.from(`${lineOf(1)}\n{"event_id":"`), Buffer.from([0xe4, 0x22, 0x7d])]),
    )
    await expect(importLedger(path, { data: newPath('data') })).rejects.toMatchObject({
      code: 'LEDGER_INVALID',
    })
  })

  it('with a line of megabytes is refused for that, wherever the line breaks lie', async () => {
    const long = write([lineOf(1), lineOf(2, { text: 'x'.repeat(9_000_000) })])
    await expect(imported(long, newPath('data'))).rejects.toMatchObject({
      code: 'LEDGER_INVALID',
      message: expect.stringMatching(/:2: has 9000\d{3} characters, more than 360000$/),
    })
    const path = newPath('lines.txt')
    writeFileSync(path, `\ufeff${'ä'.repeat(100_000)}\r\n\n${'b'.repeat(70_000)}`)
    const linesIn = async (lengthMax: number) => {
      const lines: [number, number][] = []
      for await (const { number, text } of textLines(path, lengthMax)) lines.push([number, text.length])
      return lines
    }
    expect(await linesIn(100_002)).toEqual([
      [1, 100_000],
      [3, 70_000],
    ])
    await expect(linesIn(99_999)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it('is not mixed with another one of its name', async () => {
    const data = newPath('data')
    await imported(write([lineOf(1), lineOf(2)]), data)
    const other = write([lineOf(1), lineOf(2).replace('e-2', 'f-2'), lineOf(3)])
    await expect(imported(other, data)).rejects.toMatchObject({ code: 'LEDGER_INVALID' })
    await expect(imported(write([lineOf(1), lineOf(3)]), data)).rejects.toMatchObject({
      code: 'LEDGER_INVALID',
    })
    expect(await exportedLedger(data)).toBe(`${lineOf(1)}\n${lineOf(2)}\n`)
  })
})

describe('a ledger that a running program takes', () => {
  const data = newPath('data')
  let end = async () => {}
  beforeAll(async () => {
    const store = await openLevelStore(join(data, 'log'))
    const supervisor = await createSupervisor({ store, machines, logger: silentLogger })
    const server = await serve(supervisor, { port: 0 })
    writeFileSync(join(data, RUNNER_FILE), JSON.stringify({ url: server.url, pid: process.pid }))
    end = async () => {
      await server.close()
      await supervisor.stop()
    }
  })
  afterAll(() => end())

  it('is the same, and is found by the venue and the symbol of its payloads', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => lineOf(i + 1, { text: 'x'.repeat(300) }))
    const file = write(lines)
    expect(await imported(file, data)).toMatchObject({ imported: 300 })
    expect(await imported(file, data)).toMatchObject({ imported: 0 })
    expect(await exportedLedger(data)).toBe(`${lines.join('\n')}\n`)
    const out = newPath('found.jsonl')
    await linesOf(() => exportEvents(['events.ledger_entry.binance.BTCUSDT'], { data, out, json: true }))
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toHaveLength(300)
  })
})

describe('JSON of other programs', () => {
  it.each([
    ['1.50', 1.5],
    ['[1e3,100000000000000000000,0.1,-0,0.0]', [1_000, 1e20, 0.1, -0, 0]],
    ['{"a":0.10000000000000000001}', { a: '0.10000000000000000001' }],
    ['1e400', '1e400'],
    ['"1e400"', '1e400'],
    ['9007199254740993', '9007199254740993'],
  ])('%s is read without a change of its numbers', (text, value) => {
    expect(exactJson(text)).toEqual(value)
  })
})
