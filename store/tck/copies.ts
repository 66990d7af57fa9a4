/** Tests of copies: the entries of a store make another one that holds the same. */
import { equal } from './assertions.ts'
import { ACTORS, all, snapshot, type Test } from './subject.ts'

export function copyTests(test: Test): void {
  test('makes a whole copy, of the moment at which the first entry is asked for', async (subject) => {
    const { store } = subject
    await subject.fill(20)
    await store.putSnapshots([snapshot('order/a', 18, 500)], { seq: 20, state: { n: 1 } })
    await store.putPositions([{ name: 'mail', seq: 12 }])
    const { head, shortId } = store
    const records = await all(store.read())
    const entries = store.entries()[Symbol.asyncIterator]()
    const first = await entries.next()
    await subject.fill(40)
    await store.putPositions([{ name: 'mail', seq: 33 }])
    await store.putSnapshots([snapshot('order/b', 19)], { seq: 40, state: { n: 2 } })
    const copy = await subject.copyOf(
      (async function* () {
        for (let next = first; !next.done; next = await entries.next()) yield next.value
      })(),
    )
    equal([copy.head, copy.shortId], [head, shortId])
    equal(await all(copy.read()), records)
    for (const actor of ACTORS)
      equal(
        await all(copy.history(actor)),
        records.filter((record) => record.actor === actor),
      )
    equal(copy.snapshot('order/a'), snapshot('order/a', 18, 500))
    equal(copy.snapshot('order/b'), undefined)
    equal(await all(copy.wakes()), [{ actor: 'order/a', at: 500 }])
    equal(copy.position('mail'), { name: 'mail', seq: 12 })
    equal(copy.checkpoint(), { seq: 20, state: { n: 1 } })
    equal((await copy.verifyChain()).damage, [])
    equal((await all(store.read())).length, 40)
  })
}
