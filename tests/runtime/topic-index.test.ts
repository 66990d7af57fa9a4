/** Tests that a topic finds the subscriptions whose patterns match it, each once, and no others. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matches, parsePattern, type Topic } from '../../src/runtime/events/patterns.ts'
import { TopicIndex } from '../../src/runtime/events/topic-index.ts'

const TOKENS = ['a', 'b', '*', '-', '__proto__']
const topics = fc.array(fc.constantFrom(...TOKENS), { minLength: 1, maxLength: 4 })
const patterns = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '*', '__proto__'), { maxLength: 4 }), fc.boolean())
  .map(([tokens, isOpen]) => (isOpen ? [...tokens, '>'] : tokens).join('.'))
  .filter((text) => parsePattern(text) !== undefined)
  .map((text) => parsePattern(text) as Topic)

it('finds the matching subscriptions, even after others have left', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(patterns, fc.integer({ min: 0, max: 3 }), fc.boolean())),
      fc.array(topics, { minLength: 1 }),
      (entries, asked) => {
        const index = new TopicIndex<number>()
        for (const [pattern, subscriber] of entries) {
          index.add(pattern, subscriber)
          // A result must not outlive the subscriptions that it was found among.
          for (const topic of asked) index.match(topic)
        }
        const key = ([pattern, subscriber]: (typeof entries)[number]) => `${pattern.join('.')} ${subscriber}`
        const gone = new Set(entries.filter(([, , leaves]) => leaves).map(key))
        for (const [pattern, subscriber, leaves] of entries) if (leaves) index.remove(pattern, subscriber)
        const left = entries.filter((entry) => !gone.has(key(entry)))
        for (const topic of asked) {
          const wanted = left
            .filter(([pattern]) => matches(pattern, topic))
            .map(([, subscriber]) => subscriber)
          expect([...index.match(topic)].sort()).toEqual([...new Set(wanted)].sort())
        }
        expect(index.size).toBe(new Set(left.map(key)).size)
      },
    ),
  )
})

it('examines few of many that want other topics', () => {
  const index = new TopicIndex<string>()
  let looked = 0
  const topic = (id: string): Topic => ['transitions', 'order', id]
  for (let n = 0; n < 100_000; n++) index.add(topic(`o-${n}`), `s${n}`)
  // The reads of the topic are all the work: each token once for each pattern that may match.
  const counted = new Proxy(topic('o-77777'), {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) looked++
      return Reflect.get(target, name)
    },
  })
  expect([...index.match(counted)]).toEqual(['s77777'])
  expect(looked).toBeLessThan(10)
})
