import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subscription } from 'rxjs'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createJsonlNews } from '../../../src/adapters/jsonl/jsonl.ts'
import type { NewsMessage, NewsOpenOptions, NewsWarning } from '../../../src/adapters/news-source.ts'
import { eventually } from '../../runtime/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-news-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a file of news', () => {
  let file: string
  let files = 0
  let subscription: Subscription | undefined
  let messages: NewsMessage[]
  let warnings: NewsWarning[]
  beforeEach(() => {
    file = join(folder, `news-${++files}.jsonl`)
    messages = []
    warnings = []
  })
  afterEach(() => subscription?.unsubscribe())

  function tail(options: NewsOpenOptions = {}) {
    subscription?.unsubscribe()
    const onWarning = (warning: NewsWarning) => void warnings.push(warning)
    const source = createJsonlNews({ name: 'news', file, everyMs: 5, onWarning })
    subscription = source.open(options).subscribe((message) => messages.push(message))
  }
  const line = (id: string, more: object = {}) => `${JSON.stringify({ id, title: `Item ${id}`, ...more })}\n`
  const ids = () => messages.map(({ item }) => item.id)
  const idsAre = (...expected: string[]) => eventually(() => expect(ids()).toEqual(expected))

  it('gives the lines that it has, and each one that is appended', async () => {
    writeFileSync(file, line('1') + line('2', { url: 'https://x/2', publishedAt: 7, colour: 'red' }))
    tail()
    await idsAre('1', '2')
    expect(messages[1]).toMatchObject({
      source: 'news',
      item: { id: '2', title: 'Item 2', url: 'https://x/2', publishedAt: 7 },
      origin: {
        position: (line('1') + line('2', { url: 'https://x/2', publishedAt: 7, colour: 'red' })).length,
      },
    })
    appendFileSync(file, line('3'))
    await idsAre('1', '2', '3')
  })

  it('cuts what is too long of a title and a text, and passes over an id that is', async () => {
    const long = 'x'.repeat(5_000)
    writeFileSync(file, line(long) + line('2', { title: long, text: long }))
    tail()
    await idsAre('2')
    expect(messages[0]?.item).toEqual({ id: '2', title: long.slice(0, 500), text: long.slice(0, 4_000) })
    expect(warnings).toEqual([{ source: 'news', where: 'byte 0', reason: expect.stringContaining('id: ') }])
  })

  it('waits for the end of a line', async () => {
    const [start, end] = [line('1é').slice(0, 9), line('1é').slice(9)]
    writeFileSync(file, start)
    tail()
    await new Promise((resolve) => setTimeout(resolve, 50))
    appendFileSync(file, end)
    await idsAre('1é')
    expect(warnings).toEqual([])
  })

  it('reads on after the last item that is durable', async () => {
    writeFileSync(file, line('1') + line('2') + line('3'))
    tail()
    await idsAre('1', '2', '3')
    const { origin } = messages[1] as NewsMessage
    messages = []
    tail({ cursor: (source) => (source === origin?.source ? origin.position : 0) })
    await idsAre('3')
  })

  it('says which line it cannot read, and why, and reads the others', async () => {
    writeFileSync(file, `${line('1')}nonsense\n\n{"id":"x"}\n{"title":"Nameless"}\n${line('2')}`)
    tail()
    await idsAre('1', '2')
    const first = line('1').length
    expect(warnings).toEqual([
      { source: 'news', where: `byte ${first}`, reason: expect.stringContaining('nonsense') },
      { source: 'news', where: `byte ${first + 10}`, reason: expect.stringContaining('title: ') },
      { source: 'news', where: `byte ${first + 21}`, reason: 'id: an id or a url' },
    ])
  })

  it('takes a url for an id, and a time as text', async () => {
    const item = { title: 'T', url: 'https://x/1', publishedAt: '2026-01-01T00:00:00+01:00' }
    writeFileSync(file, `${JSON.stringify(item)}\n`)
    tail()
    await idsAre('https://x/1')
    expect(messages[0]?.item.publishedAt).toBe(Date.parse('2025-12-31T23:00:00Z'))
  })

  it('passes over a line without end', async () => {
    const long = `${'x'.repeat(600_000)}\n`
    writeFileSync(file, line('1') + long + line('2'))
    tail()
    await idsAre('1', '2')
    expect(warnings).toEqual([
      { source: 'news', where: `byte ${line('1').length}`, reason: 'the line is longer than 262144 bytes' },
    ])
  })

  it('reads more than it can hold at once', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `${i}`)
    writeFileSync(file, many.map((id) => line(id)).join(''))
    tail()
    await idsAre(...many)
  })

  it('waits for a file that is not there, and says so once', async () => {
    tail()
    await eventually(() => expect(warnings).toHaveLength(1))
    expect(warnings[0]?.reason).toContain('ENOENT')
    await new Promise((resolve) => setTimeout(resolve, 50))
    writeFileSync(file, line('1'))
    await idsAre('1')
    expect(warnings).toHaveLength(1)
  })

  it('reads a file to its end before the one that takes its place', async () => {
    writeFileSync(file, line('1'))
    tail()
    await idsAre('1')
    appendFileSync(file, line('2'))
    renameSync(file, `${file}.old`)
    writeFileSync(`${file}.new`, line('3'))
    renameSync(`${file}.new`, file)
    await idsAre('1', '2', '3')
    expect(messages[2]?.origin?.source).not.toBe(messages[1]?.origin?.source)
  })

  it('reads a file that was cut short from its start, without positions that were used before', async () => {
    writeFileSync(file, line('1') + line('2'))
    tail()
    await idsAre('1', '2')
    writeFileSync(file, line('3'))
    await idsAre('1', '2', '3')
    expect(messages[2]).not.toHaveProperty('origin')
    expect(warnings[0]?.reason).toContain('cut short')
  })
})
