import type { Commit, LogRecord } from '../../../store/index.ts'

/** Returns the commit that begins at a seq, with few records or many. It is always the same. */
export function commitOf(firstSeq: number, size: number): Commit {
  const count = 1 + ((firstSeq * 7) % 5)
  const records: LogRecord[] = []
  for (let i = 0; i < count; i++) {
    const seq = firstSeq + i
    const note = `${seq} `.repeat(Math.ceil((size * (1 + (seq % 3))) / 4))
    records.push({ seq, rev: seq, actor: 'order/a', at: seq, note } as LogRecord)
  }
  return firstSeq % 4 === 1
    ? {
        records,
        snapshots: [{ actor: 'order/a', seq: firstSeq, rev: firstSeq, state: { firstSeq }, wake: { at: 5 } }],
      }
    : { records }
}
