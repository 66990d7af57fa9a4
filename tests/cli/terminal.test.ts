import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../tools/cli/columns.ts'
import { fitted } from '../../tools/cli/status-line.ts'
import { fullLogText, logText, Terminal } from '../../tools/cli/terminal.ts'

/** Erases to the end of the line. */
const ERASE = '\x1b[K'

const LONG = Array.from({ length: 40 }, (_, i) => [i, `part ${i}`] as const)

/** A screen of one width. It shows the lines written to it, and the rest of the last one. */
class Screen {
  readonly isTTY = true
  readonly columns: number
  readonly lines: string[] = ['']

  constructor(columns: number) {
    this.columns = columns
  }

  write(text: string): boolean {
    const parts = text.replaceAll(ERASE, '␛').split(/(\n|\r|␛)/)
    for (const part of parts) {
      if (part === '\n') this.lines.push('')
      else if (part === '\r') this.#at = 0
      else if (part === '␛') this.#set(this.#last.slice(0, this.#at))
      else this.#type(part)
    }
    return true
  }

  #at = 0
  get #last(): string {
    return this.lines.at(-1) ?? ''
  }
  #set(line: string): void {
    this.lines[this.lines.length - 1] = line
  }
  #type(text: string): void {
    if (this.#last === '') this.#at = 0
    this.#set(this.#last.slice(0, this.#at) + text + this.#last.slice(this.#at + text.length))
    this.#at += text.length
  }
}

const PARTS = [
  [6, '2 symbols'],
  [4, '50 ticks/s'],
  [0, 'equity 99,999.12'],
  [5, 'seq 1,234'],
] as const

describe('the columns of an output', () => {
  const of = (isTTY: boolean, columns: number) => ({ isTTY, columns })

  it.each([
    ['a terminal has its own', of(true, 20), 20],
    ['a terminal that does not know its own has none', of(true, 0), undefined],
    ['a pipe has none', of(false, 20), undefined],
  ])('%s', (_, stream, columns) => expect(columnsOf(stream)).toBe(columns))

  it('hold the whole status line without a terminal', () => {
    const { columns } = new Terminal(of(false, 20) as NodeJS.WriteStream)
    expect(fitted(LONG, columns)).toBe(LONG.map(([, part]) => part).join('  '))
    expect(new Terminal(of(true, 0) as NodeJS.WriteStream).columns).toBe(80)
  })
})

describe('the terminal of a run', () => {
  it('keeps log lines above the status, which stays at the bottom', () => {
    const screen = new Screen(80)
    const terminal = new Terminal(screen as unknown as NodeJS.WriteStream)
    terminal.showStatus('equity 1')
    terminal.print('first')
    terminal.showStatus('equity 22')
    terminal.print(logText({ level: 40, time: 0, component: 'process', msg: 'second' }))
    expect(screen.lines.map(stripVTControlCharacters)).toEqual([
      'first',
      expect.stringMatching(/^\d\d:\d\d:\d\d warn {2}second$/),
      'equity 22',
    ])
    terminal.showStatus('')
    expect(screen.lines.at(-1)).toBe('')
  })

  it('names the actor and the cause, once each', () => {
    const line = (more: object) =>
      stripVTControlCharacters(
        logText({ level: 50, time: 0, component: 'server', msg: 'it failed', ...more }),
      ).slice(15)
    expect(line({ actor: 'order/a' })).toBe('order/a: it failed')
    expect(line({ msg: 'order/a failed', actor: 'order/a' })).toBe('order/a failed')
    expect(line({ err: { message: 'no disk' } })).toBe('it failed: no disk')
  })

  it('shows all of a line as text, but the stack', () => {
    const err = { message: 'no disk', stack: 'at work' }
    const line = { level: 50, time: 0, component: 'sink-a', msg: 'it failed', err, actor: 'order/a', seq: 7 }
    expect(stripVTControlCharacters(fullLogText(line))).toBe(
      '1970-01-01T00:00:00.000Z error sink-a: it failed: no disk  actor=order/a seq=7',
    )
  })

  it('is one line, whatever a stranger has said', () => {
    const msg = 'the receiver answered 500: no\r\n1970-01-01T00:00:00.000Z error process: all is lost'
    const line = { level: 50, time: 0, component: 'sink-a', msg, actor: 'a\nb', err: { message: 'x\ny' } }
    for (const text of [logText(line), fullLogText(line)]) {
      expect(text.split(/[\r\n]/)).toHaveLength(1)
      expect(text).toContain('500: no\\r\\n1970')
    }
  })

  it.each([10, 20, 30, 40, 50, 60])('has a status that fits %i columns', (columns) => {
    const line = fitted(PARTS, columns)
    expect(line.length).toBeLessThanOrEqual(columns)
    expect(line).toContain('equity 99,999.12'.slice(0, columns))
  })

  it('leaves out the least important parts, and keeps the order of the rest', () => {
    expect(fitted(PARTS, 80)).toBe('2 symbols  50 ticks/s  equity 99,999.12  seq 1,234')
    expect(fitted(PARTS, 40)).toBe('50 ticks/s  equity 99,999.12  seq 1,234')
    expect(fitted(PARTS, 30)).toBe('50 ticks/s  equity 99,999.12')
  })
})
