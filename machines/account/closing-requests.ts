/** The positions that an account closes after a request of a person, and after the end of an exit. Pure. */
import type { OrderClosed } from '../events/fill.ts'
import { positionAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import {
  type Closer,
  type Closing,
  isExit,
  keepsProtection,
  NO_CLOSING,
  onlyReduces,
  type Target,
} from './closing.ts'

/**
 * The pause after an exit that has failed. It doubles with each further failure. A list tries again after half of that, so that
 * the account does not place what the list is about to place.
 */
const RETRY_MS = 2_000
const RETRY_MAX_MS = 60_000

export interface Asked {
  /** Epoch ms. */
  readonly at: number
  readonly by: string
}

export function targetOf({ at, by }: Asked): Target {
  return { at, by, quantity: decimal.ZERO, refusals: 0 }
}

/** Returns the target as a request asks for it again: failures so far do not count any more. */
export function askedAgain({ quantity }: Target, asked: Asked): Target {
  return { ...targetOf(asked), quantity }
}

/** Returns what an account closes once a person has asked for everything. */
export function flatteningAll({ closing = NO_CLOSING }: Closer, { at, by }: Asked): Closing {
  const targets = Object.entries(closing.positions)
  const positions = targets.map(([address, target]) => [address, askedAgain(target, { at, by })] as const)
  const closed = closing.flattening?.closed ?? []
  return { ...closing, positions: Object.fromEntries(positions), flattening: { at, by, closed } }
}

/** Returns what an account closes once a person has asked for one position. */
export function closingOne({ closing = NO_CLOSING }: Closer, position: string, asked: Asked): Closing {
  const target = askedAgain(closing.positions[position] ?? targetOf(asked), asked)
  return { ...closing, positions: { ...closing.positions, [position]: target } }
}

/** Returns what an account still closes once a person has set it active: what exits at the venue are about to close. */
export function withdrawn(account: Closer & { readonly closing: Closing }): Closing {
  const { positions, asked } = account.closing
  const working = Object.values(account.working).map(({ request }) => request)
  const exiting: readonly string[] = working
    .filter((request) => isExit(account, request))
    .map(positionAddress)
  const still = Object.entries(positions).filter(([address]) => exiting.includes(address))
  const targets = still.map(([address, target]) => [address, { ...target, isWithdrawn: true }] as const)
  return { positions: Object.fromEntries(targets), asked }
}

/** Returns the orders that CANCEL_ALL cancels: all but those that keep a position protected or can only reduce one. */
export function canceledByAll(account: Closer, symbol: string | undefined): readonly string[] {
  return Object.entries(account.working)
    .filter(([, { request }]) => symbol === undefined || request.symbol === symbol)
    .filter(([, works]) => !keepsProtection(account, works) && !onlyReduces(account, works.request))
    .map(([order]) => order)
}

/** Returns what an account closes after one of its orders has ended. An exit that has failed is tried again after a pause. */
export function afterEnd(
  account: Closer & { readonly closing: Closing },
  { order, ordStatus, cumQty, at }: OrderClosed,
): Closing {
  const { closing, working } = account
  const request = working[order]?.request
  if (request === undefined || ordStatus === 'FILLED' || !isExit(account, request)) return closing
  const position = positionAddress(request)
  const target = closing.positions[position]
  if (target === undefined) return closing
  const was = decimal.isPositive(cumQty) ? { ...target, refusals: 0 } : target
  const after = failed(was, at, `${order} has ended as ${ordStatus}`)
  return { ...closing, positions: { ...closing.positions, [position]: after } }
}

/** Returns the target after an exit that has failed at this time, in epoch ms. */
export function failed(target: Target, at: number, text: string): Target & { readonly retryAt: number } {
  const pauseMs = Math.min(RETRY_MS * 2 ** target.refusals, RETRY_MAX_MS)
  return { ...target, refusals: target.refusals + 1, retryAt: at + pauseMs, text, isSignaled: false }
}
