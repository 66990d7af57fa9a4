/** Tests that a log grows by whole commits, one after the other, without a gap (laws 2, 4). */
import { equal, refuses, throws } from './assertions.ts'
import { all, commits, seqs, type TckRecord, type Test } from './subject.ts'

const record = (seq: number, rev = 1): TckRecord => ({ seq, rev, actor: 'a/b', at: 0 })

/** Commits that do not follow a log that ends at 20. */
const REFUSED: readonly (readonly [what: string, records: readonly TckRecord[]])[] = [
  ['an earlier seq', [record(5, 9)]],
  ['a later seq', [record(22)]],
  ['a gap within', [record(21), record(23, 2)]],
  ['nothing', []],
]

export function appendTests(test: Test): void {
  test('is empty at first', async ({ store }) => {
    equal(store.head, { seq: 0, hash: '0'.repeat(64) })
    equal(await seqs(store.read()), [])
    equal(store.checkpoint(), undefined)
    equal(store.snapshot('order/a'), undefined)
    equal(store.hotFrom, 1)
  })

  test('gives back what was appended, in order', async (subject) => {
    await subject.fill(20)
    equal(await all(subject.store.read()), commits(1, 20).flat())
    equal(subject.store.head.seq, 20)
  })

  for (const [what, records] of REFUSED) {
    test(`refuses a commit of ${what} and goes on`, async (subject) => {
      await subject.fill(20)
      await refuses(subject.store.append({ records }), 'STORE_GAP')
      await subject.fill(22)
      equal(await seqs(subject.store.read({ fromSeq: 20 })), [20, 21, 22])
    })
  }

  test('takes appends one after the other, and refuses one whose place is taken', async ({ store }) => {
    const [first, second, third] = commits(1, 6) as [TckRecord[], TckRecord[], TckRecord[]]
    const appends = [first, first, second, third].map((records) => store.append({ records }))
    const results = await Promise.allSettled(appends)
    equal(
      results.map((result) => (result.status === 'fulfilled' ? 'ok' : result.reason.code)),
      ['ok', 'STORE_GAP', 'ok', 'ok'],
    )
    equal(await all(store.read()), [...first, ...second, ...third])
  })

  test('finishes the writes that were asked for before it is closed', async (subject) => {
    const writes = commits(1, 20).map((records) => subject.store.append({ records }))
    await Promise.all([...writes, subject.store.close()])
    equal(subject.store.head.seq, 20)
  })

  test('finds its own chain whole', async (subject) => {
    await subject.fill(50)
    const { length } = commits(1, 50)
    equal(await subject.store.verifyChain(), { commits: length, records: 50, damage: [] })
  })

  test('refuses everything once closed', async ({ store }) => {
    await store.close()
    await refuses(store.append({ records: commits(1, 1).flat() }), 'STORE_CLOSED')
    await refuses(all(store.read()), 'STORE_CLOSED')
    throws(() => store.snapshot('a/b'), 'STORE_CLOSED')
    await store.close()
  })
}
