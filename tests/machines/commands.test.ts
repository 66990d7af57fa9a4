import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { machines, strategyEvents } from '../../machines/index.ts'
import { type EventSchema, typesOf } from '../../machines/kind/kind.ts'

interface Rights {
  /** What people may send. All else goes between actors alone: what makes an order larger has to pass the account. */
  readonly commands: readonly string[]
  /** What tells them that a command was refused: a request is answered with 422 by it. */
  readonly refusals: readonly string[]
}

const NONE: Rights = { commands: [], refusals: [] }
const STRATEGY: Rights = { commands: ['START', 'STOP', 'UPDATE_PARAMETERS'], refusals: ['SETTING_FAILED'] }

/** Written down a second time, so that nobody gains or loses a right by an edit of a declaration. */
const RIGHTS: Readonly<Record<keyof typeof machines, Rights>> = {
  symbol: NONE,
  order: {
    commands: ['CANCEL', 'VERIFY'],
    refusals: ['ORDER_CANCEL_REJECTED', 'ORDER_REPLACE_REJECTED'],
  },
  list: { commands: ['LIST_REQUEST', 'CANCEL', 'EXIT'], refusals: ['ORDER_LIST_REJECTED'] },
  position: { commands: ['CLOSE_POSITION'], refusals: [] },
  reconciliation: { commands: ['RECONCILE'], refusals: [] },
  watchdog: NONE,
  account: {
    commands: [
      'ORDER_REQUEST',
      'REPLACE_REQUEST',
      'SET_TRADING_STATE',
      'REQUIRE_REVIEW',
      'ACKNOWLEDGE_REVIEW',
      'UPDATE_LIMITS',
      'CANCEL_ALL',
      'FLATTEN',
    ],
    refusals: ['RISK_REJECTED', 'ENTRY_SKIPPED', 'SETTING_FAILED'],
  },
  emaCross: STRATEGY,
  meanReversion: STRATEGY,
  news: { commands: ['NEWS_ITEM'], refusals: [] },
  universe: { commands: ['INSTRUMENTS_LISTED'], refusals: [] },
  runner: { commands: ['SET_LOG_LEVEL'], refusals: [] },
  component: NONE,
  ledger: { commands: ['IMPORT_ENTRIES'], refusals: [] },
}

describe('people', () => {
  it.each(Object.entries(RIGHTS))('may send a %s these, and hear so of a refusal', (kind, rights) => {
    const { commands, refusals } = machines[kind as keyof typeof machines]
    expect({ commands, refusals }).toEqual(rights)
  })
})

it.each(Object.keys(RIGHTS))('each command to a %s has a place for who asks', (kind) => {
  const { commands, events } = machines[kind as keyof typeof machines]
  const { options } = events as z.ZodDiscriminatedUnion<EventSchema[]>
  const schemas = options.filter(({ shape }) => commands.includes(shape.type.value))
  expect(schemas).toHaveLength(commands.length)
  for (const { shape } of schemas) {
    const by = shape.by as z.ZodType | undefined
    expect([shape.type.value, by?.safeParse('ann').success]).toEqual([shape.type.value, true])
  }
})

describe('a strategy in quarantine', () => {
  it.each(['emaCross', 'meanReversion'] as const)(
    '%s keeps all that it is told once: neither commands, nor candles and questions, which come again',
    (kind) => {
      const { commands, keptInQuarantine, droppedInQuarantine } = machines[kind]
      const told = typesOf(strategyEvents.options).filter(
        (type) => !commands.includes(type) && !type.startsWith('CANDLE') && type !== 'STATS_REQUEST',
      )
      expect([...keptInQuarantine].sort()).toEqual([...told].sort())
      expect(droppedInQuarantine).toEqual(['STATS_REQUEST'])
    },
  )
})
