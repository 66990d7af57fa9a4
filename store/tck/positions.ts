/** Tests of the positions of subscriptions, which a store keeps beside the log. */
import { equal } from './assertions.ts'
import { all, commits, type Test } from './subject.ts'

export function positionTests(test: Test): void {
  test('keeps the position of each subscription, and forgets it when asked to', async (subject) => {
    await subject.fill(9)
    const { store } = subject
    equal(store.position('mail'), undefined)
    await store.putPositions([
      { name: 'mail', seq: 4, state: { next: 2, text: 'ü\u0000"' } },
      { name: 'book', seq: 0 },
    ])
    const { head } = store
    await store.putPositions([{ name: 'mail', seq: 7 }])
    await store.putPositions([{ name: 'mail.2', seq: 9 }])
    equal(store.head, head)
    await subject.reopen()
    const kept = [
      { name: 'book', seq: 0 },
      { name: 'mail', seq: 7 },
      { name: 'mail.2', seq: 9 },
    ]
    equal(await all(subject.store.positions()), kept)
    equal(subject.store.position('mail'), kept[1])
    await subject.store.putPositions([{ name: 'book', seq: 5 }], ['mail', 'nobody'])
    equal(await all(subject.store.positions()), [{ name: 'book', seq: 5 }, kept[2]])
    equal(subject.store.position('mail'), undefined)
    equal((await subject.store.verifyChain()).damage, [])
  })

  test('keeps the positions of a commit with it', async (subject) => {
    await subject.store.append({ records: commits(1, 1).flat(), positions: [{ name: 'mail', seq: 1 }] })
    await subject.store.putPositions([{ name: 'book', seq: 1 }])
    const { head } = subject.store
    await subject.reopen()
    equal(subject.store.head, head)
    equal(subject.store.position('mail'), { name: 'mail', seq: 1 })
    equal(subject.store.position('book'), { name: 'book', seq: 1 })
  })
}
