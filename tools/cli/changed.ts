/** The records of a life that changed the state at a path: `outcry replay --changed`. */
import type { RecordInDetail } from '../../src/api/contract/record.ts'
import { statePath } from '../../src/api/contract/state-path.ts'
import { changesAt } from '../../src/runtime/state/search.ts'
import { OutcryError } from '../../store/index.ts'

/** A path of the state, and the value after the change where that matters. */
export interface SoughtChange {
  readonly changed: string
  readonly is?: string
}

/** Reads `stopPx` or `qty=0.03`. @throws PLACE_INVALID */
export function changedOf(text: string): SoughtChange {
  const [, path = '', is] = /^((?:[^="]|"[^"]*")*)(?:=(.+))?$/s.exec(text) ?? []
  const changed = path.trim()
  if (!statePath.safeParse(changed).success)
    throw new OutcryError(
      'PLACE_INVALID',
      `--changed: ${text} must be a path such as stopPx or legs[0].stopPx, or one with a value: qty=0.03`,
      'See `outcry replay --help`.',
    )
  return is === undefined ? { changed } : { changed, is: is.trim() }
}

/** Yields the records with such a change, and with no other changes. A runner has sent no others; a closed log has all. */
export async function* withChange(
  records: AsyncIterable<RecordInDetail>,
  { changed, is }: SoughtChange,
): AsyncGenerator<RecordInDetail> {
  const path = statePath.parse(changed)
  for await (const record of records) {
    const found = changesAt(record.changed ?? [], path, is)
    if (found.length > 0) yield { ...record, changed: found }
  }
}
