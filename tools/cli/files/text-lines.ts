/** The lines of a text file. */
import { createReadStream } from 'node:fs'

/** The mark that some programs begin a file with. */
const BYTE_ORDER_MARK = '\ufeff'

export interface Line {
  /** Number of the line in the file, from 1. */
  readonly number: number
  readonly text: string
}

/**
 * Yields the lines of a file, without their ends and without empty ones. Only a line feed ends a line, because JSON may
 * have what else does (U+2028).
 * @throws the errors of reading, and TypeError with ERR_ENCODING_INVALID_ENCODED_DATA where the file is not UTF-8
 */
export async function* textLines(path: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  let number = 0
  const lineOf = (text: string): Line | undefined => {
    number++
    const isMarked = number === 1 && text.startsWith(BYTE_ORDER_MARK)
    const line = (isMarked ? text.slice(1) : text).replace(/\r$/, '')
    return line.trim() === '' ? undefined : { number, text: line }
  }
  for await (const chunk of createReadStream(path)) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n')
    rest = lines.pop() as string
    for (const text of lines) {
      const line = lineOf(text)
      if (line !== undefined) yield line
    }
  }
  const last = lineOf(rest + decoder.decode())
  if (last !== undefined) yield last
}
