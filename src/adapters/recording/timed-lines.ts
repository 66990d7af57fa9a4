/** The messages of a capture, each with a time that can be true. */
import { OutcryError } from '../../../store/index.ts'
import { Refusal } from '../refusals.ts'
import { type Captured, capturedOf, isNote, linesOf } from './capture-lines.ts'
import { LINES_AHEAD, ReceiptTimes } from './receipts.ts'

/** A line that counts: its number in the file, and when it was received. */
export interface Line extends Omit<Captured, 'receivedNs'> {
  readonly number: number
  readonly at: number
  /** Undefined where the stamp cannot be true. */
  readonly receivedNs: string | undefined
}

interface LineListeners {
  /** Is called for a line that is refused, and for a refused stamp of a line that counts all the same. */
  onRefused(line: number, refusal: Refusal): void
  onSetBack(line: number, byMs: number): void
}

/** Yields the lines of a file, at times that can be true. @throws RECORDING_UNREADABLE */
export async function* timedLines(file: string, listeners?: LineListeners): AsyncGenerator<Line> {
  const times = new ReceiptTimes()
  /** Read ahead, to judge those before them. */
  const ahead: (Captured & { readonly number: number })[] = []
  const judge = (): Line => {
    const line = ahead.shift() as (typeof ahead)[number]
    const { at, problem, setBackMs } = times.judge(line, ahead)
    if (setBackMs !== undefined) listeners?.onSetBack(line.number, setBackMs)
    if (problem === undefined) return { ...line, at }
    listeners?.onRefused(line.number, new Refusal('RECEIVED', problem))
    return { ...line, at, receivedNs: undefined }
  }
  let number = 0
  try {
    for await (const text of linesOf(file)) {
      number++
      if (text !== undefined && isNote(text)) continue
      const captured = text === undefined ? undefined : capturedOf(text)
      if (captured === undefined) {
        const reason = text === undefined ? 'it is longer than any message' : 'it is no "<time> <json>"'
        listeners?.onRefused(number, new Refusal('LINE', reason))
        continue
      }
      ahead.push({ ...captured, number })
      if (ahead.length > LINES_AHEAD) yield judge()
    }
  } catch (error) {
    throw unreadable(`${file}: ${(error as Error).message}`, hintOf(error as NodeJS.ErrnoException))
  }
  while (ahead.length > 0) yield judge()
}

function hintOf({ code }: NodeJS.ErrnoException): string {
  if (code === 'EISDIR') return 'It is a folder: name its files.'
  if (code === 'Z_DATA_ERROR')
    return 'It is no gzip file, or it is damaged: name it without .gz, or copy it again.'
  if (code === 'Z_BUF_ERROR')
    return 'The file is cut short: copy it again, or take what is whole with gzip -dc FILE.gz > FILE, and name that.'
  return 'The file may be cut short; copy it again.'
}

export function unreadable(message: string, hint: string): OutcryError {
  return new OutcryError('RECORDING_UNREADABLE', message, hint)
}
