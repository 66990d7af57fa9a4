/** Tests of the actors' snapshots, of which a store keeps at least the two latest, and of the checkpoint. */
import { equal, isTrue } from './assertions.ts'
import { all, commits, snapshot, type Test } from './subject.ts'

export function snapshotTests(test: Test): void {
  test('keeps the two latest snapshots of an actor', async (subject) => {
    await subject.fill(9)
    await subject.store.putSnapshots([snapshot('order/a', 6), snapshot('order/b', 2)])
    await subject.store.append({
      records: commits(10, 10, { revs: new Map([['order/b', 3]]) }).flat(),
      snapshots: [snapshot('order/a', 9)],
    })
    await subject.reopen()
    const { store } = subject
    equal(store.snapshot('order/a'), snapshot('order/a', 9))
    equal(store.snapshot('order/a', { maxSeq: 8 }), snapshot('order/a', 6))
    equal(store.snapshot('order/a', { maxSeq: 5 }), undefined)
    equal(store.snapshot('order/b'), snapshot('order/b', 2))
    equal(await all(store.snapshots('order/a')), [snapshot('order/a', 9), snapshot('order/a', 6)])
    equal(await all(store.snapshots('order/a', { maxSeq: 8 })), [snapshot('order/a', 6)])
    equal(await all(store.snapshots('order/nobody')), [])
  })

  test('keeps the snapshots of writes that run into each other', async ({ store }) => {
    await Promise.all([
      store.append({ records: commits(1, 1).flat(), snapshots: [snapshot('order/a', 1)] }),
      store.putSnapshots([snapshot('order/a', 3)]),
      store.putSnapshots([snapshot('order/a', 2, 7)]),
    ])
    equal(store.snapshot('order/a'), snapshot('order/a', 3))
    equal(store.snapshot('order/a', { maxSeq: 2 }), snapshot('order/a', 2, 7))
    equal(await all(store.wakes()), [])
  })

  test('takes the latest of several snapshots of an actor that come at once', async ({ store }) => {
    for (const [first, other] of [
      ['order/a', 'order/b'],
      ['x/c', 'x/d'],
    ] as const) {
      const [was, is] = [snapshot(first, 1, 500), snapshot(first, 3)]
      await store.putSnapshots([was, snapshot(other, 1), is])
      equal(await all(store.wakes()), [])
      equal(store.snapshot(first), is)
      await store.putSnapshots([snapshot(first, 5, 700), snapshot(first, 4)])
      equal(store.snapshot(first), snapshot(first, 5, 700))
      equal(await all(store.wakes()), [{ actor: first, at: 700 }])
      await store.putSnapshots([snapshot(first, 6)])
    }
  })

  test('lists the actors that want to be woken', async ({ store }) => {
    await store.putSnapshots([snapshot('order/a', 1, 500), snapshot('order/b', 1), snapshot('x/c', 1, 0)])
    equal(await all(store.wakes()), [
      { actor: 'order/a', at: 500 },
      { actor: 'x/c', at: 0 },
    ])
    await store.putSnapshots([snapshot('order/a', 2)])
    equal(await all(store.wakes()), [{ actor: 'x/c', at: 0 }])
  })

  test('keeps one checkpoint', async (subject) => {
    await subject.store.putSnapshots([], { seq: 0, state: 1 })
    await subject.store.putSnapshots([], { seq: 0, state: { cursors: {} } })
    await subject.reopen()
    equal(subject.store.checkpoint(), { seq: 0, state: { cursors: {} } })
  })
}

/** Snapshots taken of one actor: two for each that must be kept. */
const TAKEN = 30

export function snapshotHistoryTests(test: Test, apartRevs: number): void {
  test(`keeps a snapshot of the past for each ${apartRevs} records of an actor`, async (subject) => {
    const every = Math.ceil(apartRevs / 2)
    const taken = Array.from({ length: TAKEN }, (_, i) => snapshot('order/a', (i + 1) * every))
    for (const entry of taken) await subject.store.putSnapshots([entry])
    const kept = await all(subject.store.snapshots('order/a'))
    equal(kept.slice(0, 2), taken.slice(-2).reverse())
    equal(kept, taken.filter(({ rev }) => kept.some((entry) => entry.rev === rev)).reverse())
    for (const { rev } of taken) {
      const [found] = await all(subject.store.snapshots('order/a', { maxSeq: rev }))
      equal(
        found,
        kept.find(({ seq }) => seq <= rev),
      )
      const back = rev - (found?.rev ?? 0)
      isTrue(back <= apartRevs + every, `the snapshot for rev ${rev} is ${back} records back`)
    }
    await subject.reopen()
    equal(await all(subject.store.snapshots('order/a')), kept)
    equal(await all(subject.store.snapshots('order/b')), [])
  })
}
