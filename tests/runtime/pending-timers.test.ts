import { describe, expect, it } from 'vitest'
import {
  countOf,
  earliestOf,
  firstOf,
  listOf,
  NO_TIMERS,
  type PendingTimers,
  pendingTimers,
  timerOf,
  withoutAll,
  withoutFirst,
  withTimer,
} from '../../src/runtime/actors/pending-timers.ts'
import type { ScheduledTimer } from '../../src/runtime/record/record.ts'
import { SEED, seeded } from '../seeded.ts'

const timer = (id: string, dueAt: number, seq: number): ScheduledTimer => ({
  id,
  dueAt,
  event: { type: 'DUE' },
  seq,
  correlation: `c-${seq}`,
})

function firstOfList(list: readonly ScheduledTimer[], id: string, seq?: number): ScheduledTimer | undefined {
  const own = list.filter((t) => t.id === id && (seq === undefined || t.seq === seq))
  return own.toSorted((a, b) => a.dueAt - b.dueAt || list.indexOf(a) - list.indexOf(b))[0]
}

/** Returns the nodes of a tree, which are plain objects. A list has none. */
function nodesOf(value: unknown, found = new Set<object>()): Set<object> {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return found
  const { root, left, right, height } = value as Record<string, unknown>
  if (height !== undefined) found.add(value)
  for (const next of [root, left, right]) nodesOf(next, found)
  return found
}

describe(`an actor's pending timers (seed ${SEED})`, () => {
  it.each([3, 12, 40, 400])('equal a plain list of up to about %i', (about) => {
    const random = seeded(SEED + about)
    const pick = (n: number) => Math.floor(random() * n)
    let timers: PendingTimers = NO_TIMERS
    let list: readonly ScheduledTimer[] = []
    for (let step = 1; step <= 3_000; step++) {
      const id = `t${pick(about / 2 + 1)}`
      const before = listOf(timers)
      const was = timers
      // The number grows and shrinks in turns.
      if (random() < (Math.sin(step / 200) > 0 ? 0.7 : 0.3)) {
        const added = timer(id, 1_000 + pick(5), Math.ceil(step / 3))
        timers = withTimer(timers, added)
        list = [...list, added]
      } else if (random() < 0.2) {
        timers = withoutAll(timers, id)
        expect(timers === was).toBe(list.every((t) => t.id !== id))
        list = list.filter((t) => t.id !== id)
      } else {
        const some = list[pick(list.length)]
        const [which, seq] = some === undefined ? [id] : [some.id, random() < 0.2 ? some.seq : undefined]
        const first = firstOfList(list, which, seq)
        expect(firstOf(timers, which, seq)).toBe(first)
        timers = withoutFirst(timers, which, seq)
        list = list.filter((t) => t !== first)
      }
      expect(listOf(was)).toEqual(before)
      expect(listOf(timers)).toEqual(list)
      expect(countOf(timers)).toBe(list.length)
      const some = list[pick(list.length)]
      if (some !== undefined) {
        const same = list.find((t) => t.id === some.id && t.dueAt === some.dueAt && t.seq === some.seq)
        expect(timerOf(timers, some)).toBe(same)
      }
      expect(timerOf(timers, { id, dueAt: 1_002, seq: -1 })).toBeUndefined()
      expect(earliestOf(timers)).toBe(list.length === 0 ? undefined : Math.min(...list.map((t) => t.dueAt)))
      expect(listOf(pendingTimers(listOf(timers)))).toEqual(list)
    }
  })

  it('share their unchanged parts: adding or removing a timer costs the logarithm of their number', () => {
    const random = seeded(SEED)
    for (const ids of [32_000, 1]) {
      const all = Array.from({ length: 32_000 }, (_, i) =>
        timer(`t${i % ids}`, Math.floor(random() * 1_000), i),
      )
      const timers = pendingTimers(all)
      const known = nodesOf(timers)
      expect(known.size).toBe(32_000)
      const made = (next: PendingTimers) => [...nodesOf(next)].filter((node) => !known.has(node)).length
      // An AVL tree of 32,000 has at most 21 levels, and a rotation copies two more nodes.
      expect(made(withTimer(timers, timer('t77', 500, 40_000)))).toBeLessThan(2 * 21)
      expect(made(withoutFirst(timers, 't0'))).toBeLessThan(2 * 21)
    }
  })
})
