/** The common part of all strategies, as far as its versions differ. */
import { listAddress } from '../model/addresses.ts'
import { venueId } from '../model/ids.ts'
import type { StrategyTrade } from './context.ts'
import { signalOf, valuesOf } from './signal.ts'
import type { StrategyTerms } from './terms.ts'

/** The behaviour of all strategies that differs from one version of this file to the next. */
export interface Form {
  /** The names that a strategy gives the lists of its trades, and the test of what belongs to one. */
  readonly listOf: (type: string, terms: StrategyTerms, trades: number) => `list/${string}`
  readonly isOf: (trade: StrategyTrade | undefined, list: string | undefined, order: string) => boolean
  /** Check the values that a definition gives. They throw on a value that they do not take. */
  readonly valuesOf: typeof valuesOf
  readonly signalOf: typeof signalOf
  /** True if it remembers its entry signals, and its reasons to go in and out. */
  readonly remembers: boolean
}

export const PRESENT: Form = {
  listOf: (_type, { venue, id }, trades) => listAddress(venueId(venue, `${id}-${trades}`)),
  isOf: (trade, list) => trade !== undefined && trade.list === list,
  valuesOf,
  signalOf,
  remembers: true,
}

/** The form of versions 2 and 3. */
export const SECOND: Form = { ...PRESENT, remembers: false }

/**
 * The former version. The id of an order, or of the list that is taken for one, began with the id of the list. It checked little
 * of what a definition gave, so a log may have wrong values, and a replay must not throw on them.
 */
export const FORMER: Form = {
  listOf: (type, { id }, trades) => listAddress(`${type}:${id}-${trades}`),
  isOf: (trade, _list, order) =>
    trade !== undefined && `${order}-`.startsWith(`${trade.list.replace('list/', 'order/')}-`),
  valuesOf: (given) => given as ReturnType<typeof valuesOf>,
  signalOf: (given) => given as ReturnType<typeof signalOf>,
  remembers: false,
}

/** The version of the common part that logs name by the version of the definition alone. */
const FIRST = '1'

/** Returns the version of the machine that a definition gives: its own, and that of the part that is the same for all strategies. */
export function versionWith(version: string, common: string): string {
  return common === FIRST ? version : `${version}+${common}`
}
