/** Shows the life of an actor as `GET /actors/{address}/history?detail=true` and the command line do. */
import type { LifeStep } from '../../runtime/state/life.ts'
import { stateChanges } from '../../runtime/state/state-changes.ts'
import type { RecordInDetail } from '../contract/record.ts'

/** Yields each record with what it changed and the transitions taken, or with the reason why these are not known. */
export async function* detailed(life: AsyncIterable<LifeStep>): AsyncGenerator<RecordInDetail> {
  for await (const { record, before, after, taken, unread } of life)
    yield unread === undefined
      ? { ...record, changed: stateChanges(before, after), taken }
      : { ...record, unread }
}
