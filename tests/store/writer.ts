/** Writes commits of three records without end and prints the seq of each durable one. The tests kill it. */
import { openLevelStore } from '../../store/index.ts'

const store = await openLevelStore(process.argv[2] as string)
for (let seq = store.head.seq + 1; ; seq += 3) {
  const records = [0, 1, 2].map((n) => ({ seq: seq + n, rev: seq + n, actor: 'order/a', at: 1 }))
  await store.append({ records })
  process.stdout.write(`${seq + 2}\n`)
}
