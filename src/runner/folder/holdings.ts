/** Compares what the log of a data folder holds (accounts, positions, open orders) with a configuration. */
import {
  type AccountContext,
  accountAddress,
  type PositionContext,
  positionAddress,
} from '../../../machines/index.ts'
import { isZero, ZERO } from '../../../machines/model/decimal.ts'
import { OutcryError, type Store } from '../../../store/index.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import { asBefore, wrongConfig } from '../config/problems.ts'
import type { VenueSettings } from '../config/venues.ts'
import { contextIn, inputOf } from './found-actors.ts'

/**
 * Checks that the account has not changed. It is opened once, its first settings stay, and the venue's books continue
 * from them.
 * @throws CONFIG_INVALID
 */
export async function expectSameAccount(
  store: Store<TransitionRecord>,
  { name, account, path }: Pick<VenueSettings, 'name' | 'account' | 'path'>,
  data: string,
): Promise<void> {
  const input = (await inputOf(store, accountAddress(name))) as Readonly<Record<string, unknown>> | undefined
  if (input === undefined) return
  const issues = (['asset', 'balance', 'positionMode'] as const).flatMap((key) =>
    input[key] === undefined || input[key] === account[key]
      ? []
      : [{ field: `${path}account.${key}`, rule: asBefore(input[key], data) }],
  )
  if (issues.length > 0) throw wrongConfig(issues)
}

/**
 * Checks that the market still watches every symbol with an open position. A live market may change its other symbols.
 * @throws OTHER_MARKET
 */
export async function expectHeldWatched(
  store: Store<TransitionRecord>,
  { venue, symbols }: { readonly venue: string; readonly symbols: readonly string[] },
  data: string,
): Promise<void> {
  const prefix = positionAddress({ venue, symbol: '' })
  for await (const address of store.actors({ prefix })) {
    if (symbols.includes(address.slice(prefix.length))) continue
    // The id of a position may contain its side, and a symbol may have a colon, too.
    const held = await contextIn<PositionContext>(store, address)
    if (held === undefined || symbols.includes(held.symbol) || isZero(held.quantity)) continue
    throw new OutcryError(
      'OTHER_MARKET',
      `the log in ${data} holds ${held.quantity} of ${held.symbol}, which the market does not watch any more`,
      `Add ${held.symbol} to the market's symbols until its position is closed.`,
    )
  }
}

/** Returns the positions and open orders that the log still has at a venue, as text. Undefined when there are none. */
export async function leftAt(store: Store<TransitionRecord>, venue: string): Promise<string | undefined> {
  const held: string[] = []
  for await (const address of store.actors({ prefix: positionAddress({ venue, symbol: '' }) })) {
    const { symbol, quantity = ZERO } = (await contextIn<PositionContext>(store, address)) ?? {}
    if (!isZero(quantity)) held.push(`${quantity} of ${symbol}`)
  }
  const account = await contextIn<AccountContext>(store, accountAddress(venue))
  const orders = Object.keys(account?.working ?? {})
  const left = [...held, ...(orders.length === 0 ? [] : [`open orders, ${orders.join(', ')}`])]
  return left.length === 0 ? undefined : left.join(' and ')
}
