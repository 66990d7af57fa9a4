/** The work of the tortured process: a script from a seed, whose outcome can be computed without the process. */
import { assign, enqueueActions, sendTo, setup } from 'xstate'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import { seeded } from '../seeded.ts'

export const LEDGERS = 20

export type Entry = {
  readonly type: 'ADD'
  readonly at: number
  readonly amount: number
  readonly ask: boolean
}

/** A machine that adds up, sends the total on, and sometimes sends the bank a request. */
const ledger = setup({
  types: {} as {
    context: { sum: number; entries: number; asked: number; granted: number }
    events: Entry | { type: 'GRANTED'; at: number }
  },
  actions: {
    add: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'ADD') return
      const { sum, entries, asked } = context
      enqueue.assign({ sum: sum + event.amount, entries: entries + 1, asked: asked + (event.ask ? 1 : 0) })
      enqueue(sendTo(({ system }) => system.get('total/main'), event))
      if (event.ask) enqueue(sendTo(({ system }) => system.get('port/bank'), { type: 'ASK' }))
    }),
  },
}).createMachine({
  context: { sum: 0, entries: 0, asked: 0, granted: 0 },
  initial: 'even',
  on: { GRANTED: { actions: assign({ granted: ({ context }) => context.granted + 1 }) } },
  states: {
    even: { on: { ADD: { target: 'odd', actions: 'add' } } },
    odd: { on: { ADD: { target: 'even', actions: 'add' } } },
  },
})

const total = setup({ types: {} as { context: { sum: number }; events: Entry } }).createMachine({
  context: { sum: 0 },
  on: { ADD: { actions: assign({ sum: ({ context, event }) => context.sum + event.amount }) } },
})

export const machines: Machines = { ledger, total }

export interface Line {
  readonly to: string
  readonly event: Entry
}

/** Yields the lines of the script, from line 1. */
export function* script(seed: number): Generator<Line> {
  const random = seeded(seed)
  for (let position = 1; ; position++) {
    const to = `ledger/${Math.floor(random() * LEDGERS)}`
    const amount = Math.floor(random() * 1_000)
    yield { to, event: { type: 'ADD', at: 1_700_000_000_000 + position, amount, ask: random() < 0.15 } }
  }
}

/** Returns the books after this many lines. */
export function booksAfter(seed: number, lines: number) {
  const sums = new Map<string, { sum: number; entries: number; asked: number }>()
  let sum = 0
  let left = lines
  if (left > 0) {
    for (const { to, event } of script(seed)) {
      const book = sums.get(to) ?? { sum: 0, entries: 0, asked: 0 }
      book.sum += event.amount
      book.entries++
      if (event.ask) book.asked++
      sums.set(to, book)
      sum += event.amount
      if (--left === 0) break
    }
  }
  return { sums, sum }
}
