/** Tests of a log whose beginning is deleted: what is left is read as before, and what is gone is refused. */
import type { LogCut } from '../store.ts'
import { equal, isTrue, refuses } from './assertions.ts'
import { ACTORS, all, commits, type Subject, type TckRecord, type Test } from './subject.ts'

/** Records in each commit. */
const SIZE = 500
/** Ends of the files of the archive. */
const ENDS = [1_000, 2_000] as const
const CHECKPOINT = 2_200

export function noCutTests(test: Test): void {
  test('deletes nothing', async (subject) => {
    await subject.fill(20)
    await subject.store.putSnapshots([], { seq: 20, state: 1 })
    equal([subject.store.cut, await subject.store.nextCut(20)], [undefined, undefined])
    await subject.store.sweep()
    equal((await all(subject.store.read())).length, 20)
  })
}

export function cutTests(test: Test, behindRecords: number): void {
  test('deletes its oldest file, reads on from there and refuses what is before', async (subject) => {
    const records = await archived(subject, behindRecords)
    const { store } = subject
    equal(await store.nextCut(ENDS[0] - 1), undefined)
    equal(store.cut, undefined)

    let log = records
    for (const end of ENDS) {
      const at = await cutAfter(subject, log, end)
      log = [...log, last(log, at)]
      // An opening may come before, amid and after the removal of what is deleted.
      for (const step of end === ENDS[0] ? ['as cut', 'reopened', 'swept'] : ['swept and reopened']) {
        if (step.startsWith('swept')) await subject.store.sweep()
        if (step.endsWith('reopened')) await subject.reopen()
        equal(subject.store.cut, at)
        await beginsWith(subject, log, at)
      }
    }
    equal(await subject.store.nextCut(Number.MAX_SAFE_INTEGER), undefined)
  })

  test('refuses a cut that it has not offered, and writes nothing of that commit', async (subject) => {
    const records = await archived(subject, behindRecords)
    const { store } = subject
    const at = (await store.nextCut(ENDS[0])) as LogCut
    const commit = { records: [last(records, at)] }
    await refuses(
      store.append({ ...commit, cut: { at: { ...at, firstSeq: at.firstSeq + SIZE }, state: 1 } }),
      'STORE_GAP',
    )
    equal(store.head.seq, records.length)
  })

  test('reads everything to its end that was there when the reading began', async (subject) => {
    const records = await archived(subject, behindRecords)
    const { store } = subject
    const entries = store.entries()[Symbol.asyncIterator]()
    await entries.next()
    await cutAfter(subject, records, ENDS[0])
    await store.sweep()
    let length = 1
    while (!(await entries.next()).done) length++
    isTrue(length > ENDS.length, 'the entries have all files')
    await store.sweep()
    await refuses(all(store.read({ fromSeq: 1 })), 'LOG_CUT')
  })
}

/** Fills the log, archives a file up to each of the ends, and returns its records. */
async function archived({ store }: Subject, behindRecords: number): Promise<TckRecord[]> {
  const appended = commits(1, CHECKPOINT + behindRecords, { size: SIZE })
  for (const records of appended) await store.append({ records })
  await store.putSnapshots([], { seq: CHECKPOINT, state: 1 })
  for (const end of ENDS) equal(await store.archive(end), end + 1)
  return appended.flat()
}

async function cutAfter({ store }: Subject, log: readonly TckRecord[], end: number): Promise<LogCut> {
  const at = (await store.nextCut(end)) as LogCut
  equal(
    { firstSeq: at.firstSeq, firstAt: at.firstAt, passedAt: at.passedAt },
    { firstSeq: end + 1, firstAt: (end + 1) * 10, passedAt: end * 10 },
  )
  const gone = log.slice(0, end)
  await store.putBases(
    ACTORS.map((actor) => {
      const { seq, rev } = gone.findLast((record) => record.actor === actor) as TckRecord
      return { actor, seq, rev, state: { seq } }
    }),
  )
  await store.append({ records: [last(log, at)], cut: { at, state: { end } } })
  return at
}

/** Returns the record of a cut. */
function last(log: readonly TckRecord[], { firstSeq }: LogCut): TckRecord {
  const { seq, at } = log.at(-1) as TckRecord
  const rev = log.filter(({ actor }) => actor === 'system/cut').length + 1
  return { seq: seq + 1, rev, actor: 'system/cut', at, note: String(firstSeq) }
}

async function beginsWith({ store }: Subject, log: readonly TckRecord[], { firstSeq }: LogCut) {
  const kept = log.slice(firstSeq - 1)
  equal(await all(store.read()), kept)
  equal(await all(store.read({ reverse: true, limit: 5 })), kept.toReversed().slice(0, 5))
  equal(await all(store.read({ toSeq: firstSeq + 2, reverse: true })), kept.slice(0, 3).reverse())
  equal(await all(store.read({ toSeq: firstSeq - 1, reverse: true })), [])
  equal(await all(store.read({ fromSeq: firstSeq, limit: 2 })), kept.slice(0, 2))
  await refuses(all(store.read({ fromSeq: firstSeq - 1 })), 'LOG_CUT')
  await refuses(all(store.read({ toSeq: firstSeq - 2, reverse: true })), 'LOG_CUT')
  for (const actor of ACTORS) {
    const revs = kept.filter((record) => record.actor === actor)
    equal(await all(store.history(actor)), revs)
    equal(await all(store.history(actor, { reverse: true, limit: 3 })), revs.slice(-3).reverse())
    equal(await all(store.history(actor, { toSeq: firstSeq - 1, reverse: true })), [])
    const { rev } = revs[0] as TckRecord
    equal(await all(store.history(actor, { fromRev: rev, limit: 1 })), revs.slice(0, 1))
    await refuses(all(store.history(actor, { fromRev: rev - 1 })), 'LOG_CUT')
    for await (const base of store.snapshots(actor, { maxSeq: firstSeq - 1 })) {
      equal([base.rev, base.state], [rev - 1, { seq: base.seq }])
      break
    }
  }
  equal(
    await all(store.history('system/cut')),
    kept.filter(({ actor }) => actor === 'system/cut'),
  )
  equal(await store.seqAt(firstSeq * 10), firstSeq)
  equal(await store.seqAt((firstSeq - 1) * 10), firstSeq - 1)
  await refuses(store.seqAt((firstSeq - 1) * 10 - 1), 'LOG_CUT')
  equal(await all(store.actors()), [...ACTORS, 'system/cut'].sort())
  const { records, damage } = await store.verifyChain()
  equal([damage, records], [[], kept.length])
}
