/** Tests of the archive: old records lie in another place and are read as before. */
import { equal, isTrue, refuses } from './assertions.ts'
import { all, commits, seqs, type Test } from './subject.ts'

/** Records in each commit. */
const SIZE = 500
/** Seq that is no multiple of the size, so the commit that holds it stays. */
const CHECKPOINT = 1_800

export function noArchiveTests(test: Test): void {
  test('says that it has no archive', async ({ store }) => {
    await refuses(store.archive(10), 'STORE_NO_ARCHIVE')
    equal(store.hotFrom, 1)
  })
}

export function archiveTests(test: Test, behindRecords: number): void {
  test('archives whole commits, none that a restart needs, and reads on as before', async (subject) => {
    const end = CHECKPOINT + behindRecords
    const appended = commits(1, end, { size: SIZE })
    for (const records of appended) await subject.store.append({ records })
    await subject.store.putSnapshots([], { seq: CHECKPOINT, state: 1 })
    const { head } = subject.store

    const first = await subject.store.archive(700)
    isTrue(first > 1 && first <= 701, `archive(700) leaves the records from ${first}`)
    const next = await subject.store.archive(end)
    isTrue(next >= first && next <= CHECKPOINT + 1, `the checkpoint needs the records from ${CHECKPOINT + 1}`)
    for (const from of [first, next]) equal([from, from % SIZE], [from, 1])
    equal(await subject.store.archive(10), next)

    const records = appended.flat()
    const ofB = records.filter(({ actor }) => actor === 'order/b')
    for (let round = 0; round < 2; round++) {
      const { store } = subject
      equal([store.head, store.hotFrom], [head, next])
      equal(await all(store.read()), records)
      for (const [fromSeq, toSeq] of [
        [1, 5],
        [SIZE - 1, SIZE + 2],
        [first - 1, first],
        [next - 1, next + 1],
        [next, next + 1],
        [3, next - 1],
      ] as const) {
        const expected = records.slice(fromSeq - 1, toSeq)
        equal(await all(store.read({ fromSeq, toSeq })), expected)
        equal(await all(store.read({ fromSeq, toSeq, reverse: true })), expected.reverse())
      }
      equal(
        await seqs(store.history('order/b', { limit: 50 })),
        ofB.slice(0, 50).map(({ seq }) => seq),
      )
      equal(await all(store.history('order/b', { fromRev: 100, toRev: 700 })), ofB.slice(99, 700))
      equal(await store.seqAt(7_700), 770)
      equal((await store.verifyChain()).damage, [])
      await subject.reopen()
    }
    await subject.store.append({ records: [{ seq: end + 1, rev: 1, actor: 'late/x', at: 1e9 }] })
    equal((await subject.store.verifyChain()).damage, [])
  })

  test('archives nothing without a checkpoint', async (subject) => {
    await subject.fill(50)
    equal(await subject.store.archive(50), 1)
  })
}
