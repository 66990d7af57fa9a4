/** The lines of a capture of a market socket. */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A line: when it was received, and what. */
export interface Captured {
  /** The stamp of the line, in ms and in ns. */
  readonly stampedAt: number
  readonly receivedNs: string
  readonly json: string
}

/** `<ns> <json>`, as written by recorders of Binance's combined stream. JSON may have what ends a line elsewhere (U+2028). */
const NANOSECONDS = /^(\d{19}) (\{.*)$/s
/** `<s>: <json>`, as cryptofeed writes it. */
const SECONDS = /^(\d{1,10})\.(\d{1,9}): (.*)$/s
/** In characters: far more than a snapshot of a whole book. A file of nothing but one line has no end to wait for. */
const LINE_MAX = 8 * 2 ** 20
/** cryptofeed's notes of what it connected and sent to. */
const HEADER = /^wss?:\/\/\S+ (<->|<-|->) /

/** Returns undefined for what is no message of a capture. */
export function capturedOf(line: string): Captured | undefined {
  const [, ns, binance] = NANOSECONDS.exec(line) ?? []
  if (ns !== undefined) return captured(ns, binance as string)
  const [, s, fraction, cryptofeed] = SECONDS.exec(line) ?? []
  return s === undefined ? undefined : captured(`${s}${fraction?.padEnd(9, '0')}`, cryptofeed as string)
}

function captured(receivedNs: string, json: string): Captured {
  // Six digits less are milliseconds, exactly: a double does not hold so many nanoseconds.
  return { stampedAt: Number(receivedNs.slice(0, -6)), receivedNs, json }
}

/** Returns whether a line has no message of the market. */
export function isNote(line: string): boolean {
  return line === '' || line === '\r' || HEADER.test(line)
}

/** Yields the lines of a file, `.gz` or plain; undefined in place of one that is too long. @throws the errors of reading and unzipping */
export async function* linesOf(file: string): AsyncGenerator<string | undefined> {
  const bytes = createReadStream(file)
  // What fails in one stream of a pipeline is thrown where the last one is read.
  const input = file.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => {}) : bytes
  let rest = ''
  /** It belongs to a line that is too long. */
  let isTooLong = false
  for await (const chunk of input.setEncoding('utf8')) {
    const lines: (string | undefined)[] = (rest + chunk).split('\n')
    rest = lines.pop() as string
    if (isTooLong && lines.length > 0) {
      lines[0] = undefined
      isTooLong = false
    }
    yield* lines
    if (isTooLong || rest.length > LINE_MAX) {
      isTooLong = true
      rest = ''
    }
  }
  if (isTooLong) yield undefined
  else if (rest !== '') yield rest
}
