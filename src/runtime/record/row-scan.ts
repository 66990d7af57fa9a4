/**
 * Scans the rows of a page as text. A reader of one actor needs few of the rows: parsing all of them takes three times
 * as long, and its garbage costs time, too. The text must be JSON as `JSON.stringify` writes it.
 */
const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const MINUS = 45
const ZERO = 48
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/** The end of the rows and the page. */
const PAGE_END = ']}'

/** Count of the numbers between a row's actor and its turn. */
const PASSED = 6

export class RowScan {
  /** The row's first field. */
  actor = 0
  /** The row's eighth field. */
  turns = 0
  /** The place where the row's ninth field begins. */
  correlationAt = 0
  #text: string
  #start = 0
  #next: number

  /** Begins at `rowsAt`, the place of the array of rows. */
  constructor(text: string, rowsAt: number) {
    this.#text = text
    this.#next = rowsAt + 1
  }

  /** Goes to the next row. Returns false after the last one. */
  next(): boolean {
    const text = this.#text
    if (text.charCodeAt(this.#next) !== OPEN_ARRAY) return false
    this.#start = this.#next
    let at = this.#start + 1
    let code = text.charCodeAt(at)
    let actor = 0
    for (; code >= ZERO; code = text.charCodeAt(++at)) actor = actor * 10 + code - ZERO
    for (let left = PASSED; left > 0 && at < text.length; ) if (text.charCodeAt(++at) === COMMA) left--
    code = text.charCodeAt(++at)
    const isNegative = code === MINUS
    if (isNegative) code = text.charCodeAt(++at)
    let turns = 0
    for (; code >= ZERO; code = text.charCodeAt(++at)) turns = turns * 10 + code - ZERO
    this.actor = actor
    this.turns = isNegative ? -turns : turns
    this.correlationAt = at + 1
    this.#next = endOf(text, at) + 1
    if (text.charCodeAt(this.#next) === COMMA) this.#next++
    return true
  }

  /** Returns whether the page ends here. */
  get isAtEnd(): boolean {
    return this.#next === this.#text.length - PAGE_END.length && this.#text.endsWith(PAGE_END)
  }

  /** Returns the parsed row. */
  parsed(): unknown {
    const end = this.#next
    const row = this.#text.slice(this.#start, this.#text.charCodeAt(end - 1) === COMMA ? end - 1 : end)
    return JSON.parse(row)
  }

  /** Returns the number or text that begins at the place. */
  static valueAt(text: string, at: number): number | string {
    if (text.charCodeAt(at) !== QUOTE) return text.charCodeAt(at) - ZERO
    return JSON.parse(text.slice(at, stringEnd(text, at) + 1)) as string
  }
}

/** Returns the place where the array around `within` ends. */
function endOf(text: string, within: number): number {
  let at = within
  for (let depth = 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = stringEnd(text, at)
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) depth++
    else if ((code === CLOSE_ARRAY || code === CLOSE_OBJECT) && --depth === 0) break
  }
  return at
}

function stringEnd(text: string, start: number): number {
  let at = start + 1
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) break
    if (code === BACKSLASH) at++
  }
  return at
}
