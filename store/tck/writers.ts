/** Tests that a log has one writer (law 9), and that what it has acknowledged outlives it (law 3). */
import { equal, isTrue, refuses } from './assertions.ts'
import { all, commits, snapshot, type Test } from './subject.ts'

/** Places in a write at which another writer opens the store: turns of the microtask queue. */
const TICKS = 60

export function durableTests(test: Test): void {
  test('has everything when it is opened again', async (subject) => {
    await subject.fill(20)
    await subject.store.putSnapshots([snapshot('order/a', 18, 700)], { seq: 18, state: 1 })
    const { epoch, head, shortId } = subject.store
    isTrue(/^[0-9a-z]{4}$/.test(shortId), `"${shortId}" is 4 characters of 0-9 and a-z`)
    await subject.reopen()
    const { store } = subject
    equal([store.head, store.epoch, store.shortId], [head, epoch + 1, shortId])
    equal(await all(store.read()), commits(1, 20).flat())
    equal(
      [store.snapshot('order/a'), store.checkpoint()],
      [snapshot('order/a', 18, 700), { seq: 18, state: 1 }],
    )
    equal(await all(store.wakes()), [{ actor: 'order/a', at: 700 }])
    await subject.fill(22)
    equal((await store.verifyChain()).damage, [])
  })

  test('has the writes that were asked for before it was closed', async (subject) => {
    const writes = commits(1, 20).map((records) => subject.store.append({ records }))
    await Promise.all([...writes, subject.reopen()])
    equal(subject.store.head.seq, 20)
  })
}

export function oneWriterTests(test: Test): void {
  test('is refused to a second writer, and goes on with the first', async (subject) => {
    await subject.fill(3)
    await refuses(subject.open(), 'STORE_LOCKED')
    await subject.fill(6)
    equal(subject.store.head.seq, 6)
  })
}

export function manyWriterTests(test: Test): void {
  test('takes no commit from a writer of an older epoch', async (subject) => {
    const first = subject.store
    subject.store = await subject.open()
    isTrue(subject.store.epoch > first.epoch, 'the epoch grows')
    await refuses(first.append({ records: commits(1, 1).flat() }), 'STORE_FENCED')
    await refuses(first.putPositions([{ name: 'mail', seq: 0 }]), 'STORE_FENCED')
    equal(subject.store.position('mail'), undefined)
    await subject.fill(3)
    equal(subject.store.head.seq, 3)
  })

  test('goes on with the next writer when the one before is closed', async (subject) => {
    const first = subject.store
    subject.store = await subject.open()
    await first.close()
    await refuses(all(first.read()), 'STORE_CLOSED')
    await subject.fill(3)
    equal(await all(subject.store.read()), commits(1, 3).flat())
  })

  test('acknowledges nothing that the next writer does not have', async (subject) => {
    for (let ticks = 0; ticks < TICKS; ticks++) {
      const seq = subject.store.head.seq + 1
      const writing = subject.store.append({ records: [{ seq, rev: seq, actor: 'order/a', at: seq }] }).then(
        () => seq,
        async (error: unknown) => {
          await refuses(Promise.reject(error), 'STORE_FENCED')
          return 0
        },
      )
      for (let n = 0; n < ticks; n++) await undefined
      const [store, acknowledged] = await Promise.all([subject.open(), writing])
      subject.store = store
      isTrue(subject.store.head.seq >= acknowledged, `after ${ticks} ticks ${acknowledged} is lost`)
    }
    equal((await subject.store.verifyChain()).damage, [])
  })
}
