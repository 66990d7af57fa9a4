/** The common part of all strategies, as far as its versions differ. */
import type { Fill, FillBust, FillCorrected } from '../events/fill.ts'
import { listAddress } from '../model/addresses.ts'
import { dealtAssetOf, settleAssetOf } from '../model/contract.ts'
import { venueId } from '../model/ids.ts'
import { type Books, booksAfter, booksAfterDeal } from '../position/books.ts'
import type { StrategyTrade } from './context.ts'
import { onTick, onTick4, signalOf, valuesOf } from './signal.ts'
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
  /** Returns the books of a trade after an event, and the asset that its PnL is in: as its position counts them. */
  readonly booksAfter: (terms: StrategyTerms, books: Books, event: Dealt) => Books
  readonly assetOf: (terms: StrategyTerms) => string
  readonly onTick: typeof onTick
}

type Dealt = Fill | FillBust | FillCorrected

const assetByName = ({ contract, symbol }: StrategyTerms) => settleAssetOf(contract, symbol)
const assetOf = (terms: StrategyTerms) => terms.settleAsset ?? assetByName(terms)

const PRESENT: Form = {
  listOf: (_type, { venue, id }, trades) => listAddress(venueId(venue, `${id}-${trades}`)),
  isOf: (trade, list) => trade !== undefined && trade.list === list,
  valuesOf,
  signalOf,
  remembers: true,
  booksAfter: (terms, books, event) => {
    const { contract } = terms
    const dealtAsset = dealtAssetOf({ contract, settleAsset: assetOf(terms) }, event)
    return booksAfterDeal(terms, books, { ...event, dealtAsset })
  },
  assetOf,
  onTick,
}

/** The form of version 4. It takes assets from names, counts no commission in a coin, and knows no tick below 1e-8. */
const THIRD: Form = { ...PRESENT, booksAfter, assetOf: assetByName, onTick: onTick4 }

/** The form of versions 2 and 3. */
const SECOND: Form = { ...THIRD, remembers: false }

/**
 * The former version. The id of an order, or of the list that is taken for one, began with the id of the list. It checked little
 * of what a definition gave, so a log may have wrong values, and a replay must not throw on them.
 */
export const FORMER: Form = {
  ...SECOND,
  listOf: (type, { id }, trades) => listAddress(`${type}:${id}-${trades}`),
  isOf: (trade, _list, order) =>
    trade !== undefined && `${order}-`.startsWith(`${trade.list.replace('list/', 'order/')}-`),
  valuesOf: (given) => given as ReturnType<typeof valuesOf>,
  signalOf: (given) => given as ReturnType<typeof signalOf>,
}

/** Returns the form of a version of the common part, from 2. */
export function formOf(common: string): Form {
  if (Number(common) < 4) return SECOND
  return common === '4' ? THIRD : PRESENT
}

/** The version of the common part that logs name by the version of the definition alone. */
const FIRST = '1'

/** Returns the version of the machine that a definition gives: its own, and that of the part that is the same for all strategies. */
export function versionWith(version: string, common: string): string {
  return common === FIRST ? version : `${version}+${common}`
}
