/** The rows of a file of CSV (RFC 4180). */
import { createReadStream } from 'node:fs'

/** A cell without quotes and without a text is null. */
export type Cell = string | null

export interface CsvRow {
  /** Number of the line where it begins, from 1. */
  readonly line: number
  readonly cells: readonly Cell[]
}

const BYTE_ORDER_MARK = '\ufeff'

/**
 * Yields the rows of a file. A text in quotes may have ends of lines. Empty lines are no rows.
 * @throws an error with the line where it is no CSV, and the errors of reading
 */
export async function* csvRows(path: string): AsyncGenerator<CsvRow> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const rows = new Rows()
  for await (const chunk of createReadStream(path))
    yield* rows.take(decoder.decode(chunk as Buffer, { stream: true }))
  yield* rows.take(decoder.decode())
  yield* rows.end()
}

/** Texts in quotes, and runs of other characters, at a place in a text. */
const QUOTED = /[^"]*/y
const PLAIN = /[^",\r\n]*/y

/** Parses a text that comes in pieces. */
class Rows {
  #line = 1
  /** Line where the row under way begins. */
  #began = 1
  #cells: Cell[] = []
  /** The text of the cell under way. */
  #text = ''
  /** Place in the cell: before it, in a plain one, in quotes, or behind a quote, which the next character explains. */
  #state: 'before' | 'plain' | 'quoted' | 'quote' = 'before'
  #isFirst = true

  #endCell(): void {
    this.#cells.push(this.#state === 'before' ? null : this.#text)
    this.#text = ''
    this.#state = 'before'
  }

  #endRow(): CsvRow | undefined {
    const isEmpty = this.#cells.length === 0 && this.#state === 'before'
    const line = this.#began
    this.#began = ++this.#line
    if (isEmpty) return undefined
    this.#endCell()
    const cells = this.#cells
    this.#cells = []
    return { line, cells }
  }

  *take(piece: string): Generator<CsvRow> {
    let text = piece
    if (this.#isFirst && text.length > 0) {
      this.#isFirst = false
      if (text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1)
    }
    for (let at = 0; at < text.length; ) {
      if (this.#state === 'quoted') {
        QUOTED.lastIndex = at
        const [run] = QUOTED.exec(text) as unknown as [string]
        this.#text += run
        for (const character of run) if (character === '\n') this.#line++
        at += run.length
        if (at < text.length) {
          this.#state = 'quote'
          at++
        }
        continue
      }
      const character = text[at] as string
      if (character === '"') {
        if (this.#state === 'plain') throw new Error(`line ${this.#line} has a quote within a text`)
        if (this.#state === 'quote') this.#text += '"'
        this.#state = 'quoted'
        at++
      } else if (character === ',') {
        this.#endCell()
        at++
      } else if (character === '\n') {
        const row = this.#endRow()
        if (row !== undefined) yield row
        at++
      } else if (character === '\r') at++
      else {
        if (this.#state === 'quote') throw new Error(`line ${this.#line} goes on behind a quote`)
        PLAIN.lastIndex = at
        const [run] = PLAIN.exec(text) as unknown as [string]
        this.#text += run
        this.#state = 'plain'
        at += run.length
      }
    }
  }

  *end(): Generator<CsvRow> {
    if (this.#state === 'quoted') throw new Error(`it ends within quotes, in the row of line ${this.#began}`)
    const row = this.#endRow()
    if (row !== undefined) yield row
  }
}
