/** Appends to the store in `log` within the folder, and notes each acknowledged seq in the file `acks`. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openLevelStore } from '../../../store/index.ts'
import { commitOf } from './commits.ts'

const [root, runs, commits, size] = process.argv.slice(2) as [string, string, string, string]
const acks = openSync(join(root, 'acks'), 'a')
for (let run = 0; run < Number(runs); run++) {
  const store = await openLevelStore(join(root, 'log'))
  for (let n = 0; n < Number(commits); n++) {
    const commit = commitOf(store.head.seq + 1, Number(size))
    try {
      await store.append(commit)
      writeSync(acks, `${store.head.seq}\n`)
      if (n % 7 === 6) {
        const { seq } = store.head
        await store.putSnapshots([{ actor: 'order/a', seq, rev: seq, state: { seq } }], { seq, state: {} })
      }
    } catch (error) {
      console.log(JSON.stringify({ seq: store.head.seq, code: (error as { code?: string }).code }))
      await store.append(commit).catch((again) => console.log(JSON.stringify({ code: again.code })))
      await store.close().catch(() => {})
      process.exit(0)
    }
  }
  await store.close()
}
closeSync(acks)
