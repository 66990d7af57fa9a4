import { setup } from 'xstate'
import { compact } from '../../errors/compact.ts'
import type { Fill } from '../events/fill.ts'
import { versionsSince } from '../kind/kind.ts'
import { settleAssetOf } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import { actionsOf } from './actions.ts'
import { NO_BOOKS } from './books.ts'
import { fillId, type PositionInput, type PositionTypes, positionInput, quantityAfter } from './context.ts'
import { positionDeclaration, since } from './declaration.ts'

const TAKEN_BACK = [
  { guard: 'toLong', target: '.long', actions: 'takeBack' },
  { guard: 'toShort', target: '.short', actions: 'takeBack' },
  { target: '.flat', actions: 'takeBack' },
] as const

/** The transitions of an open position for a person who closes it. Versions before 5 have none. */
const CLOSABLE = { on: { CLOSE_POSITION: { actions: 'askToClose' as const } } }

const positionOf = (version: string) => {
  const closes = Number(version) >= 5
  return setup({
    types: {} as PositionTypes,
    guards: {
      counted: ({ context, event }) => event.type === 'FILL' && context.fillIds.includes(fillId(event)),
      toLong: ({ context, event }) => decimal.isPositive(quantityAfter(version, context, event)),
      toShort: ({ context, event }) => decimal.isNegative(quantityAfter(version, context, event)),
    },
    actions: actionsOf(version),
  }).createMachine({
    id: 'position',
    version,
    description: 'The position in one symbol at one venue: netted over all orders, or one side of it.',
    context: ({ input }) => ({
      ...positionInput.parse(input),
      settleAsset: input.settleAsset ?? settleAssetOf(input.contract, input.symbol),
      ...NO_BOOKS,
      netAtOpen: decimal.ZERO,
      holders: [],
      fillIds: [],
    }),
    initial: 'flat',
    on: {
      FILL: [
        { guard: 'counted' },
        { guard: 'toLong', target: '.long', actions: 'takeFill' },
        { guard: 'toShort', target: '.short', actions: 'takeFill' },
        { target: '.flat', actions: 'takeFill' },
      ],
      FILL_BUST: TAKEN_BACK,
      FILL_CORRECTED: TAKEN_BACK,
      FUNDING_PAID: { actions: 'takeFunding' },
      WATCH: { actions: 'takeHolder' },
      ...(closes && { EXIT_HOLDERS: { actions: 'exitHolders' as const } }),
    },
    states: {
      flat: {},
      long: { tags: 'open', ...(closes && CLOSABLE) },
      short: { tags: 'open', ...(closes && CLOSABLE) },
    },
  })
}

const today = versionsSince('3', since, positionOf)
export const positionMachine = today.machine

/** The kind for the registry. */
export const positionKind = {
  ...positionDeclaration,
  ...today,
  holds: () => 'it has the books of what is held',
  /** Returns the input of a position for its first fill. */
  activate: (event: { type: string }): PositionInput | undefined => {
    if (event.type !== 'FILL') return undefined
    const { venue, symbol, positionSide } = event as Fill
    return compact({ venue, symbol, positionSide })
  },
}
