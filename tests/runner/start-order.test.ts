/** The order in which components start. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startOrder } from '../../src/runner/start-order.ts'
import { SEED } from '../seeded.ts'

const of = (needs: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(needs).map(([name, needs]) => ({ name, needs }))
const namesOf = (components: readonly { readonly name: string }[]) => components.map(({ name }) => name)

/** Components without a circle, in any order: each needs some of those made before it. */
const graph = fc
  .array(fc.array(fc.nat({ max: 20 }), { maxLength: 4 }), { minLength: 1, maxLength: 20 })
  .map((all) =>
    all.map((needs, i) => ({
      name: `c${i}`,
      needs: [...new Set(needs.filter((need) => need < i))].map((need) => `c${need}`),
    })),
  )
  .chain((components) => fc.shuffledSubarray(components, { minLength: components.length }))

describe('components start', () => {
  it(`each once, after all that they need, and else in the order of the list, seed ${SEED}`, () => {
    fc.assert(
      fc.property(graph, (components) => {
        const order = startOrder(components)
        expect(namesOf(order).toSorted()).toEqual(namesOf(components).toSorted())
        for (const [i, { needs }] of order.entries()) {
          const before = order.slice(0, i)
          expect(namesOf(before)).toEqual(expect.arrayContaining([...needs]))
          // Nobody who comes earlier in the list could have started now.
          const passedOver = components.slice(0, components.indexOf(order[i] as (typeof components)[number]))
          for (const other of passedOver)
            if (!before.includes(other))
              expect(other.needs.every((need) => namesOf(before).includes(need))).toBe(false)
        }
      }),
      { seed: SEED },
    )
  })

  it(`never, where some need each other in a circle: the error names it, seed ${SEED}`, () => {
    const broken = fc
      .tuple(graph, fc.nat(), fc.integer({ min: 1, max: 5 }))
      .map(([components, at, length]) => {
        const circle = Array.from({ length }, (_, i) => ({
          name: `circle${i}`,
          needs: [`circle${(i + 1) % length}`],
        }))
        return { components: components.toSpliced(at % components.length, 0, ...circle), length }
      })
    fc.assert(
      fc.property(broken, ({ components, length }) => {
        let message = ''
        try {
          startOrder(components)
        } catch (error) {
          expect(error).toMatchObject({ code: 'COMPONENTS_INVALID' })
          message = (error as Error).message
        }
        const [, circle = ''] = /started: (.+)/.exec(message) ?? []
        const names = circle.split(' needs ')
        expect(names).toHaveLength(length + 1)
        expect(names.at(-1)).toBe(names[0])
        expect(names.every((name) => name.startsWith('circle'))).toBe(true)
      }),
      { seed: SEED },
    )
  })

  it('as they are listed, where they need nothing', () => {
    expect(namesOf(startOrder(of({ b: [], a: [], c: [] })))).toEqual(['b', 'a', 'c'])
  })

  it.each([
    ['a need that is not there', of({ news: ['wire'] }), 'news needs wire, which is not one of them'],
    ['a name that is there twice', [...of({ news: [] }), ...of({ news: [] })], 'two of them are called news'],
    ['one that needs itself', of({ news: ['news'] }), 'news needs news'],
  ])('never, with %s', (_, components, what) => {
    expect(() => startOrder(components)).toThrow(
      expect.objectContaining({ code: 'COMPONENTS_INVALID', message: expect.stringContaining(what) }),
    )
  })
})
