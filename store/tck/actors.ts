/** Tests of the list of actors: it has those with a history, each once. */
import { compact } from '../../errors/compact.ts'
import { equal, isTrue } from './assertions.ts'
import { ACTORS, all, type Test } from './subject.ts'

const OF_ANY_SCRIPT = [
  'symbol/x:A',
  'symbol/x:\ud7fb',
  'symbol/x:币安',
  'symbol/x:币安人生',
  'symbol/x:\uff21',
  'symbol/x:🚀',
]

export function actorTests(test: Test): void {
  test('lists actors by prefix, from a place, up to a limit', async (subject) => {
    await subject.fill(6)
    const { store } = subject
    equal(await all(store.actors()), ACTORS)
    equal(await all(store.actors({ prefix: 'order/' })), ['order/a', 'order/b'])
    equal(await all(store.actors({ prefix: 'order/', after: 'order/a' })), ['order/b'])
    equal(await all(store.actors({ limit: 1 })), ['order/a'])
    equal(await all(store.actors({ prefix: 'z' })), [])
  })

  test('lists actors of any script by prefix, each once', async ({ store }) => {
    for (const [i, actor] of OF_ANY_SCRIPT.entries())
      await store.append({ records: [{ seq: i + 1, rev: 1, actor, at: i, note: '' }] })
    equal((await all(store.actors({ prefix: 'symbol/x:' }))).sort(), OF_ANY_SCRIPT.toSorted())
    equal(await all(store.actors({ prefix: 'symbol/x:币安' })), ['symbol/x:币安', 'symbol/x:币安人生'])
    for (const actor of OF_ANY_SCRIPT)
      isTrue(
        (await all(store.actors({ prefix: actor }))).includes(actor),
        `${actor} is found by its whole name`,
      )
    const listed: string[] = []
    for (let after: string | undefined; ; after = listed.at(-1)) {
      const [next] = await all(store.actors(compact({ limit: 1, after })))
      if (next === undefined) break
      listed.push(next)
    }
    equal(listed, await all(store.actors()))
  })
}
