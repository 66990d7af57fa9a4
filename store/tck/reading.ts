/** Tests that readers get exactly what they ask for, whatever is written meanwhile. */
import { OutcryError } from '../../errors/outcry-error.ts'
import type { ReadOptions } from '../store.ts'
import { equal, isTrue, refuses } from './assertions.ts'
import { all, commits, seqs, type Test } from './subject.ts'

export function readTests(test: Test): void {
  test('reads any range, both ways, up to a limit', async (subject) => {
    await subject.fill(20)
    const { store } = subject
    for (let fromSeq = 1; fromSeq <= 21; fromSeq++) {
      for (const toSeq of [fromSeq - 1, fromSeq, fromSeq + 4, 20]) {
        const expected = Array.from({ length: 20 }, (_, i) => i + 1).filter((s) => s >= fromSeq && s <= toSeq)
        equal(await seqs(store.read({ fromSeq, toSeq })), expected)
        equal(
          await seqs(store.read({ fromSeq, toSeq, reverse: true, limit: 3 })),
          expected.reverse().slice(0, 3),
        )
      }
    }
  })

  test('passes over commits that do not mention what is looked for', async ({ store }) => {
    for (const records of commits(1, 60)) await store.append({ records })
    const odd = { actor: 'order/a', rev: 21, at: 610, note: 'needle "ü\u0000' }
    await store.append({
      records: [
        { ...odd, seq: 61 },
        { ...odd, seq: 62, rev: 22, note: 'hay' },
      ],
    })
    const revs = new Map([['order/a', 22]])
    for (const records of commits(63, 70, { revs })) await store.append({ records })
    const found = async (options: ReadOptions) => seqs(store.read({ mentioning: odd.note, ...options }))
    equal(await found({}), [61, 62])
    equal(await found({ reverse: true }), [62, 61])
    equal(await found({ fromSeq: 62, toSeq: 69 }), [62])
    equal(await found({ mentioning: 'needle' }), [])
    equal(await found({ mentioning: ['needle', 'hay'] }), [61, 62])
    equal(await found({ mentioning: [] }), [])
    // Records of the commits that it passes over count.
    equal(await found({ limit: 60 }), [])
    equal(await found({ limit: 61 }), [61])
    equal(await found({ fromSeq: 2, limit: 61 }), [61, 62])
    equal(await found({ reverse: true, limit: 8 }), [])
    equal(await found({ reverse: true, limit: 9 }), [62])
    equal(await found({ mentioning: 'note', toSeq: 9 }), [1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('finds the records that emit events of a type', async (subject) => {
    const emitting = (seq: number) => [
      ...(seq % 3 === 0 ? [{ type: 'FIZZ' }] : []),
      ...(seq % 5 === 0 ? [{ type: 'BUZZ' }, { type: 'ü\u0000"' }] : []),
      ...(seq === 700 ? [{ type: 'RARE' }] : []),
    ]
    const appended = commits(1, 1_500).map((records) =>
      records.map((record) => ({
        ...record,
        ...(record.seq % 2 === 0 && { emitted: emitting(record.seq) }),
      })),
    )
    for (const records of appended) await subject.store.append({ records })
    const records = appended.flat()
    for (let round = 0; round < 2; round++) {
      for (const types of [['RARE'], ['FIZZ'], ['BUZZ', 'RARE'], ['ü\u0000"'], ['fizz'], ['FIZZ', 'NONE']]) {
        for (const [fromSeq, toSeq] of [
          [1, 1_500],
          [30, 60],
          [700, 700],
          [701, 2_000],
          [60, 30],
        ] as const) {
          const expected = records.filter(
            ({ seq, emitted }) =>
              seq >= fromSeq && seq <= toSeq && emitted?.some(({ type }) => types.includes(type)),
          )
          const options = { fromSeq, toSeq, emitting: types }
          equal(await all(subject.store.read(options)), expected)
          equal(await all(subject.store.read({ ...options, limit: 3 })), expected.slice(0, 3))
          equal(
            await all(subject.store.read({ ...options, reverse: true, limit: 7 })),
            expected.reverse().slice(0, 7),
          )
        }
      }
      equal((await subject.store.verifyChain()).damage, [])
      await subject.reopen()
    }
  })

  test('lists the types of the events that records emit', async (subject) => {
    const types = ['BUZZ', 'FIZZ', 'ü\u0000"']
    const expectAll = async () => {
      const listed = await subject.store.emittedTypes()
      // A store that cannot list all says so.
      if (listed !== undefined) equal([...listed].sort(), types)
    }
    for (const [i, records] of commits(1, 9_000, { size: 3_000 }).entries()) {
      const emitted = types.slice(i, i + 1).map((type) => ({ type }))
      await subject.store.append({ records: records.map((record) => ({ ...record, emitted })) })
    }
    await expectAll()
    await subject.reopen()
    await expectAll()
  })

  test('finds the times in which the log has no commit', async (subject) => {
    equal(await subject.store.nextQuiet(0, 5), undefined)
    // The log's time stands still while a record has an earlier one.
    const times = [10, 12, 17, 11, 18, 500, 503, 20_000, 20_001]
    for (const [i, at] of times.entries())
      await subject.store.append({ records: [{ seq: i + 1, rev: i + 1, actor: 'order/a', at }] })
    for (const _ of ['open', 'reopened']) {
      for (const [at, ms, from, to] of [
        [0, 5, 18, 500],
        [10, 4, 12, 17],
        [11, 482, 503, 20_000],
        [0, 100, 18, 500],
        [500, 3, 503, 20_000],
        [500, 2, 500, 503],
        [19, 2, 500, 503],
        [0, 1, 10, 12],
      ] as const)
        equal([at, ms, await subject.store.nextQuiet(at, ms)], [at, ms, { from, to }])
      equal(await subject.store.nextQuiet(20_000, 5), undefined)
      equal(await subject.store.nextQuiet(20_002, 5), undefined)
      await subject.reopen()
    }
  })

  test('finds the history of an actor in any range of revs, both ways', async (subject) => {
    await subject.fill(60)
    const { store } = subject
    const records = commits(1, 60)
      .flat()
      .filter(({ actor }) => actor === 'order/a')
    for (let fromRev = 1; fromRev <= 21; fromRev += 3) {
      for (const toRev of [fromRev, fromRev + 5, 100]) {
        const expected = records.filter(({ rev }) => rev >= fromRev && rev <= toRev)
        equal(await all(store.history('order/a', { fromRev, toRev })), expected)
        equal(
          await all(store.history('order/a', { fromRev, toRev, reverse: true, limit: 2 })),
          expected.reverse().slice(0, 2),
        )
      }
    }
    equal(await all(store.history('order/nobody')), [])
    equal(await all(store.history('order')), [])
  })

  test('ends a history at a place in the log', async (subject) => {
    await subject.fill(60)
    const { store } = subject
    const records = commits(1, 60)
      .flat()
      .filter(({ actor }) => actor === 'order/a')
    for (let toSeq = 0; toSeq <= 61; toSeq++) {
      const expected = records.filter(({ seq }) => seq <= toSeq)
      equal(await all(store.history('order/a', { toSeq })), expected)
      equal(await all(store.history('order/a', { toSeq, reverse: true })), expected.reverse())
    }
  })

  test('tells where the log was at a time, though times may go back', async (subject) => {
    await subject.fill(20)
    const { store } = subject
    const late = [5, 300, 250, 400].map((at, i) => ({ seq: 21 + i, rev: i + 1, actor: 'late/x', at }))
    await store.append({ records: late })
    for (const [at, seq] of [
      [9, 0],
      [10, 1],
      [55, 5],
      [200, 21],
      [299, 21],
      [300, 23],
      [399, 23],
      [400, 24],
      [1e9, 24],
    ] as const) {
      equal([at, await store.seqAt(at)], [at, seq])
      const rough = await store.seqAt(at, { isRough: true })
      // No commit has more than four records.
      isTrue(seq <= rough && rough <= seq + 4, `it is ${rough} roughly and ${seq} exactly at ${at}`)
    }
  })

  test('shows a reader what was there when it began', async (subject) => {
    await subject.fill(10)
    const reader = subject.store.read()[Symbol.asyncIterator]()
    await reader.next()
    await subject.fill(30)
    let read = 1
    while (!(await reader.next()).done) read++
    equal(read, 10)
  })

  test('reads no more for a client that has gone', async (subject) => {
    await subject.fill(20)
    const { store } = subject
    const signal = AbortSignal.abort()
    for (const reading of [
      store.read({ signal }),
      store.history('order/a', { signal }),
      store.actors({ signal }),
      store.entries({ signal }),
    ])
      await refuses(all<unknown>(reading), 'READ_ABORTED')
    await refuses(store.verifyChain({ signal }), 'READ_ABORTED')
  })

  test('throws an error of the function that gets its records, and finds no damage', async (subject) => {
    await subject.fill(20)
    const onRecords = () => {
      throw new OutcryError('INTERNAL', 'the caller fails', 'None.')
    }
    await refuses(subject.store.verifyChain({ onRecords }), 'INTERNAL')
    equal((await subject.store.verifyChain()).damage, [])
  })
}
