/** The lines of a text file. */
import { createReadStream } from 'node:fs'
import { OutcryError } from '../../../store/index.ts'

/** The mark that some programs begin a file with. */
const BYTE_ORDER_MARK = '\ufeff'

/** Longest line in characters. An event has less, and a file without line ends is none of events. */
const LENGTH_MAX = 64 * 2 ** 20

export interface Line {
  /** Number of the line in the file, from 1. */
  readonly number: number
  readonly text: string
}

/**
 * Yields the lines of a file, without their ends and without empty ones. Only a line feed ends a line, because JSON may
 * have what else does (U+2028).
 * @throws FILE_UNREADABLE where a line is too long, the errors of reading, and TypeError with ERR_ENCODING_INVALID_ENCODED_DATA where the file is not UTF-8
 */
export async function* textLines(path: string, lengthMax = LENGTH_MAX): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  // The pieces of a line are put together once, when it has ended.
  let pieces: string[] = []
  let length = 0
  let number = 0
  const take = (piece: string) => {
    pieces.push(piece)
    length += piece.length
    if (length > lengthMax)
      throw new OutcryError(
        'FILE_UNREADABLE',
        `${path}:${number + 1} is longer than ${lengthMax} characters`,
        'Name a file of lines, each of them a JSON object.',
      )
  }
  const ended = (): Line | undefined => {
    const text = pieces.join('')
    pieces = []
    length = 0
    number++
    const isMarked = number === 1 && text.startsWith(BYTE_ORDER_MARK)
    const line = (isMarked ? text.slice(1) : text).replace(/\r$/, '')
    return line.trim() === '' ? undefined : { number, text: line }
  }
  for await (const chunk of createReadStream(path)) {
    const texts = decoder.decode(chunk as Buffer, { stream: true }).split('\n')
    for (const [i, text] of texts.entries()) {
      take(text)
      const line = i < texts.length - 1 ? ended() : undefined
      if (line !== undefined) yield line
    }
  }
  take(decoder.decode())
  const last = ended()
  if (last !== undefined) yield last
}
