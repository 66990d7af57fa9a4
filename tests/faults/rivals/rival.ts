/**
 * Opens stores on command, a line of JSON each: `{ folder, commits, size }`; commits 0 means without end. It prints
 * each acknowledged seq, then `{ done }`, or `{ code }`, and keeps the store open until the next line.
 */
import { createInterface } from 'node:readline'
import { isOutcryError, openLevelStore, type Store } from '../../../store/index.ts'

interface Task {
  readonly folder?: string
  readonly commits: number
  /** Number of characters in each record. */
  readonly size: number
}

const tell = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)
let store: Store | undefined

tell({ ready: process.pid })
for await (const line of createInterface({ input: process.stdin })) {
  const { folder, commits, size } = JSON.parse(line) as Task
  try {
    await store?.close()
    store = undefined
    if (folder === undefined) {
      tell({ done: 0 })
      continue
    }
    store = await openLevelStore(folder)
    tell({ opened: store.epoch })
    for (let n = 0; n < commits || commits === 0; n++) {
      const seq = store.head.seq + 1
      const record = { seq, rev: seq, actor: 'order/a', at: seq, by: process.pid, note: 'x'.repeat(size) }
      await store.append({ records: [record] })
      tell({ acknowledged: seq })
    }
    tell({ done: store.head.seq })
  } catch (error) {
    tell({ code: isOutcryError(error) ? error.code : String(error) })
  }
}
