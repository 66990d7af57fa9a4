/** The messages of a capture, each with a time that can be true. */
import { OutcryError } from '../../../store/index.ts'
import { type Captured, capturedOf, isNote, linesOf } from './capture-lines.ts'
import { LINES_AHEAD, ReceiptTimes } from './receipts.ts'
import { Refusal } from './refusals.ts'

/** A line that counts: its number in the file, and when it was received. */
export interface Line extends Captured {
  readonly number: number
  readonly at: number
}

interface LineListeners {
  onRefused(line: number, refusal: Refusal): void
  onSetBack(line: number, byMs: number): void
}

/** The lines of a file whose times can be true. @throws RECORDING_UNREADABLE */
export async function* timedLines(file: string, listeners?: LineListeners): AsyncGenerator<Line> {
  const times = new ReceiptTimes()
  /** Read ahead, to judge those before them. */
  const ahead: (Captured & { readonly number: number })[] = []
  const judge = (): Line | undefined => {
    const line = ahead.shift() as (typeof ahead)[number]
    const judged = times.judge(line, ahead)
    if (judged.isRefused) {
      listeners?.onRefused(line.number, new Refusal('RECEIVED', judged.problem))
      return undefined
    }
    const { at, setBackMs } = judged
    if (setBackMs !== undefined) listeners?.onSetBack(line.number, setBackMs)
    return { ...line, at }
  }
  let number = 0
  try {
    for await (const text of linesOf(file)) {
      number++
      if (isNote(text)) continue
      const captured = capturedOf(text)
      if (captured === undefined) {
        listeners?.onRefused(number, new Refusal('LINE', 'it is no "<time> <json>"'))
        continue
      }
      ahead.push({ ...captured, number })
      const line = ahead.length > LINES_AHEAD ? judge() : undefined
      if (line) yield line
    }
  } catch (error) {
    throw unreadable(`${file}: ${(error as Error).message}`, 'The file may be cut short; copy it again.')
  }
  while (ahead.length > 0) {
    const line = judge()
    if (line) yield line
  }
}

export function unreadable(message: string, hint: string): OutcryError {
  return new OutcryError('RECORDING_UNREADABLE', message, hint)
}
