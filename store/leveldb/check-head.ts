/** Whether HEAD and the database beside it are of one store and one time. */
import type { FoundHead } from './folder/head-file.ts'
import { filesDamaged, lostTail } from './folder/open-errors.ts'
import { FORMAT, type LogState } from './log-state.ts'

/** @throws STORE_CORRUPT, STORE_LOST_TAIL */
export function checkHead(folder: string, head: FoundHead, { format, name, epoch, end }: LogState): void {
  if (head.kind === 'owned') {
    if (!head.id.equals(name.id))
      throw filesDamaged(`HEAD in ${folder} is of another store than its database`)
    if (head.epoch < epoch)
      throw filesDamaged(
        `HEAD in ${folder} is of epoch ${head.epoch}, its database of epoch ${epoch}: it is an older one`,
      )
  } else if (format === FORMAT) {
    const what = { none: 'missing', damaged: 'damaged', older: 'of an older format' }[head.kind]
    throw filesDamaged(
      `HEAD in ${folder} is ${what}: what was acknowledged beyond seq ${end.seq} is not known`,
    )
  }
  const acknowledged = head.kind === 'none' ? 0 : head.seq
  if (acknowledged > end.seq) throw lostTail(folder, end.seq, acknowledged)
}
