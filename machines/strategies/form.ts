/** What is the same for all strategies, as far as it differs from one version to the next. */
import { listAddress } from '../model/addresses.ts'
import { venueId } from '../model/ids.ts'
import type { StrategyTrade } from './context.ts'
import { signalOf, valuesOf } from './signal.ts'
import type { StrategyTerms } from './terms.ts'

/** The behaviour of all strategies that differs from one version of this file to the next. */
export interface Form {
  /** How a strategy calls the list of a trade, and how it knows what is of it. */
  readonly listOf: (type: string, terms: StrategyTerms, trades: number) => `list/${string}`
  readonly isOf: (trade: StrategyTrade | undefined, list: string | undefined, order: string) => boolean
  /** Check the values that a definition gives. They throw on a value that they do not take. */
  readonly valuesOf: typeof valuesOf
  readonly signalOf: typeof signalOf
}

export const PRESENT: Form = {
  listOf: (_type, { venue, id }, trades) => listAddress(venueId(venue, `${id}-${trades}`)),
  isOf: (trade, list) => trade !== undefined && trade.list === list,
  valuesOf,
  signalOf,
}

/**
 * As it was: the order's id, or that of the list that is taken for one, began with the list's. Much of what a definition gave was not
 * looked at, so a log may have it: to throw on that in a replay would keep the log from being opened.
 */
export const FORMER: Form = {
  listOf: (type, { id }, trades) => listAddress(`${type}:${id}-${trades}`),
  isOf: (trade, _list, order) =>
    trade !== undefined && `${order}-`.startsWith(`${trade.list.replace('list/', 'order/')}-`),
  valuesOf: (given) => given as ReturnType<typeof valuesOf>,
  signalOf: (given) => given as ReturnType<typeof signalOf>,
}

/**
 * The version of the machine that a definition gives: what is the same for all strategies has a version, too, since it changes what they
 * compute. Without it, it is the first.
 */
export function versionNow(version: string): string {
  return `${version}+2`
}
