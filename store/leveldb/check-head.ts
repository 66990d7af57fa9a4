/** Checks that HEAD and the database beside it belong to one store and one time. */
import type { FoundHead } from './folder/head-file.ts'
import { filesDamaged, lostTail } from './folder/open-errors.ts'
import { FORMAT, type LogState } from './log-state.ts'

/** Compares HEAD with the state that the database has. @throws STORE_CORRUPT, STORE_LOST_TAIL */
export function checkHead(folder: string, head: FoundHead, { format, name, epoch, end }: LogState): void {
  if (head.kind === 'owned') {
    if (!head.id.equals(name.id))
      throw filesDamaged(`HEAD in ${folder} is of another store than its database`)
    if (head.epoch < epoch)
      throw filesDamaged(
        `HEAD in ${folder} is of epoch ${head.epoch}, its database of epoch ${epoch}: it is an older one`,
      )
  } else if (format >= FORMAT) {
    const what = { none: 'missing', damaged: 'damaged', older: 'of an older format' }[head.kind]
    throw filesDamaged(
      `HEAD in ${folder} is ${what}: the records acknowledged beyond seq ${end.seq} are not known`,
    )
  }
  const acknowledged = head.kind === 'none' ? 0 : head.seq
  if (acknowledged > end.seq) throw lostTail(folder, end.seq, acknowledged)
}
