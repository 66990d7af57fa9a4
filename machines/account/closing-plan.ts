/**
 * The plan by which an account closes positions: which orders to cancel, which positions to ask for the exits of their lists, and
 * which exits to place. It compares what works with what is held, whatever has happened before. So it goes on after any refusal,
 * any late fill and any restart. Pure.
 */
import type { DomainEvents } from '../domain.ts'
import type { Closed } from '../events/closing.ts'
import { positionAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { ownOf } from '../model/own.ts'
import {
  type Closing,
  closerOf,
  type Flattening,
  isExit,
  isLookedAfter,
  keepsProtection,
  mayTurnOver,
  type Target,
} from './closing.ts'
import { askedAgain, failed, targetOf } from './closing-requests.ts'
import {
  type Closable,
  exitOf,
  isExiting,
  leftOf,
  leftToExit,
  namesOf,
  notFlat,
  withoutTurning,
} from './exits.ts'
import { type Decision, decideOrder } from './gate.ts'
import type { WorkingOrder } from './portfolio.ts'

/** Time after which a cancel is asked for again, because the order still works. */
const CANCEL_AGAIN_MS = 5_000
/** Time after which it is told what is still open. */
const LATE_MS = 30_000

/** The checks that an exit fails if it is for less than the symbol's smallest order. */
const DUST: readonly string[] = ['lotSize', 'minQty']

type Told = DomainEvents<'ACCOUNT_FLATTENED' | 'ACCOUNT_NOT_FLAT' | 'POSITION_NOT_CLOSED'>

export interface ClosingPlan {
  readonly changes: Pick<Closable, 'closing' | 'exits' | 'working' | 'passedAt'>
  /** Addresses of the orders to cancel. */
  readonly cancels: readonly string[]
  /** Addresses of the positions whose lists are to exit. */
  readonly signals: readonly string[]
  readonly exits: readonly Decision[]
  readonly told: readonly Told[]
  /** Time at which the account has to look again, in epoch ms. */
  readonly nextAt?: number | undefined
}

/**
 * Returns what to do now. `isLook` is false in the turn of the request itself, which leaves the exits to the look that follows
 * it: a refused exit is no refused request.
 */
export function closingPlan(
  account: Closable,
  closing: Closing,
  { at, isLook }: { readonly at: number; readonly isLook: boolean },
): ClosingPlan {
  const plan = new Plan(account, closing, at)
  plan.aim()
  plan.cancel()
  if (isLook) plan.exit()
  else plan.exitSoon()
  plan.tell()
  return plan.result()
}

/** The plan while it is made: each step changes the account for the next one. */
class Plan {
  readonly #at: number
  #account: Closable
  #positions: Readonly<Record<string, Target>>
  #flattening: Flattening | undefined
  #asked: Readonly<Record<string, number>>
  readonly #cancels: string[] = []
  readonly #signals: string[] = []
  readonly #exits: Decision[] = []
  readonly #told: Told[] = []
  /** Targets of which so little is left that no order can close it. */
  readonly #dust = new Set<string>()
  /** Times at which there is something to do, in epoch ms. */
  readonly #dues: number[] = []

  constructor(account: Closable, { positions, flattening, asked }: Closing, at: number) {
    this.#account = account
    this.#at = at
    this.#positions = positions
    this.#flattening = flattening
    this.#asked = asked
  }

  /** Makes each open position a target, if all are to be closed, and notes the largest quantity of each target. */
  aim(): void {
    const { positions } = this.#account
    const flattening = this.#flattening
    if (flattening !== undefined) {
      const all = Object.keys(positions).map((address) => [address, targetOf(flattening)] as const)
      this.#positions = { ...Object.fromEntries(all), ...this.#positions }
    }
    for (const [address, target] of Object.entries(this.#positions)) {
      const { quantity = decimal.ZERO } = positions[address] ?? {}
      this.#set(address, { ...target, quantity: larger(target.quantity, quantity) })
    }
  }

  /** Cancels the orders of the targets, except those that keep one protected and those that close one. */
  cancel(): void {
    const account = this.#present
    const asked: Record<string, number> = {}
    for (const [order, works] of Object.entries(account.working)) {
      const { request } = works
      const isMeant = closerOf(account, request) !== undefined
      if (!isMeant || this.#isKept(works) || isExit(account, request)) continue
      const last = ownOf(this.#asked, order)
      const isDue = last === undefined ? !isLookedAfter(request) : this.#at >= last + CANCEL_AGAIN_MS
      if (isDue) this.#cancels.push(order)
      const at = isDue || last === undefined ? this.#at : last
      asked[order] = at
      this.#dues.push(at + CANCEL_AGAIN_MS)
    }
    this.#asked = asked
  }

  /**
   * An order that protects is kept until the position is closed. One that could turn the position over beside an exit goes before,
   * as soon as an exit would pass: that follows at once when the order has ended.
   */
  #isKept(works: WorkingOrder): boolean {
    const account = this.#present
    if (!keepsProtection(account, works)) return false
    const address = positionAddress(works.request)
    return !mayTurnOver(account, works.request) || this.#trial(address).emitted.type !== 'RISK_APPROVED'
  }

  /** The decision about an exit after the end of the orders that could turn the position over. */
  #trial(address: string): Decision {
    const account = withoutTurning(this.#present, address)
    return decideOrder(account, exitOf(account, address, this.#at), 'reducing')
  }

  /** Sees to the exits of the open targets, and is done with the closed ones. */
  exit(): void {
    for (const [address, target] of Object.entries(this.#positions)) {
      if (this.#account.positions[address] === undefined) this.#leave(address, target)
      else this.#exit(address, target)
    }
  }

  exitSoon(): void {
    if (Object.keys(this.#positions).length > 0) this.#dues.push(this.#at)
  }

  /** Tells the end, or what is still open after a time. */
  tell(): void {
    const { venue, positions, working } = this.#account
    const at = this.#at
    for (const [address, target] of Object.entries(this.#positions)) {
      if (positions[address] === undefined || !this.#isLate(target)) continue
      const { by } = target
      this.#set(address, { ...target, isLate: true })
      this.#told.push({ type: 'POSITION_NOT_CLOSED', at, venue, ...leftOf(this.#present, address), by })
    }
    const flattening = this.#flattening
    if (flattening === undefined) return
    if (this.#isStuck) {
      const text = 'no order can close what is left, and no exit follows'
      this.#told.push(notFlat(this.#present, flattening, { at, text }))
      this.#flattening = undefined
      this.#positions = {}
      return
    }
    const isFlat = [this.#positions, positions, working].every((one) => Object.keys(one).length === 0)
    if (isFlat) {
      const { by, closed } = flattening
      this.#flattening = undefined
      this.#told.push({ type: 'ACCOUNT_FLATTENED', at, venue, by, closed: [...closed] })
    } else if (this.#isLate(flattening)) {
      const text = `not flat after ${LATE_MS / 1_000} seconds, and still at it`
      this.#flattening = { ...flattening, isLate: true }
      this.#told.push(notFlat(this.#present, flattening, { at, text }))
    }
  }

  result(): ClosingPlan {
    const { closing, exits, working, passedAt } = this.#present
    const dues = closing === undefined ? [] : this.#dues
    return {
      changes: { closing, exits, working, passedAt },
      cancels: this.#cancels,
      signals: this.#signals,
      exits: this.#exits,
      told: this.#told,
      nextAt: dues.length > 0 ? Math.min(...dues) : undefined,
    }
  }

  /** The account with what it closes by now. */
  get #present(): Closable {
    const [positions, flattening, asked] = [this.#positions, this.#flattening, this.#asked]
    const isDone = flattening === undefined && Object.keys(positions).length === 0
    return { ...this.#account, closing: isDone ? undefined : { positions, flattening, asked } }
  }

  /** Nothing but dust is left, and nothing works but what protects it. */
  get #isStuck(): boolean {
    const { positions, working } = this.#account
    const held = Object.keys(positions)
    const orders = Object.values(working)
    return (
      held.length > 0 &&
      held.every((address) => this.#dust.has(address)) &&
      orders.every((works) => keepsProtection(this.#account, works))
    )
  }

  #set(address: string, target: Target): void {
    this.#positions = { ...this.#positions, [address]: target }
  }

  #isLate({ at, isLate }: Pick<Target, 'at' | 'isLate'>): boolean {
    if (isLate) return false
    if (this.#at >= at + LATE_MS) return true
    this.#dues.push(at + LATE_MS)
    return false
  }

  /** Leaves a closed position, unless an order works there that could open it again. */
  #leave(address: string, target: Target): void {
    const orders = Object.values(this.#account.working)
    if (!target.isWithdrawn && orders.some(({ request }) => positionAddress(request) === address)) {
      this.#set(address, { ...askedAgain(target, target), isLate: target.isLate })
      return
    }
    const { [address]: _, ...others } = this.#positions
    this.#positions = others
    if (this.#flattening === undefined || decimal.isZero(target.quantity)) return
    const one: Closed = { ...namesOf(this.#account, address), quantity: target.quantity }
    this.#flattening = { ...this.#flattening, closed: [...this.#flattening.closed, one] }
  }

  /** Tells that the position stays open, and leaves it. */
  #giveUp(address: string, text: string): void {
    const { venue } = this.#account
    const { [address]: target, ...others } = this.#positions
    if (target === undefined) return
    this.#positions = others
    const left = { ...leftOf(this.#present, address), text: `${text}, and no exit follows` }
    this.#told.push({ type: 'POSITION_NOT_CLOSED', at: this.#at, venue, ...left, by: target.by })
  }

  /** Leaves what no order can close, once no order is under way that may change it. A FLATTEN leaves it with its own end. */
  #leaveDust(address: string, target: Target, text: string): void {
    const account = this.#account
    const orders = Object.values(account.working).filter(
      ({ request }) => positionAddress(request) === address,
    )
    if (!orders.every((works) => keepsProtection(account, works))) return
    this.#set(address, { ...target, text })
    if (this.#flattening === undefined) this.#giveUp(address, text)
    else this.#dust.add(address)
  }

  /** Takes the next step of an exit: the lists that hold the position first, then an exit of the account's own for the rest. */
  #exit(address: string, target: Target): void {
    const account = this.#present
    const isLeft = decimal.isPositive(leftToExit(account, address))
    const isAwaited = !decimal.isPositive(leftToExit(withoutTurning(account, address), address))
    if (!isLeft && isAwaited) return
    const { retryAt = 0, isSignaled, isWithdrawn } = target
    if (isWithdrawn) {
      if (!isExiting(account, address)) this.#giveUp(address, 'the account was set active meanwhile')
      return
    }
    if (this.#at < retryAt) {
      this.#dues.push(retryAt)
      return
    }
    if (!isSignaled) {
      this.#dues.push(this.#at)
      this.#signals.push(address)
      this.#set(address, { ...target, isSignaled: true })
      return
    }
    const decision = isLeft
      ? decideOrder(account, exitOf(account, address, this.#at), 'reducing')
      : this.#trial(address)
    if (decision.emitted.type !== 'RISK_APPROVED') {
      if (DUST.includes(decision.emitted.check)) {
        this.#leaveDust(address, target, decision.emitted.text)
        return
      }
      const after = failed(target, this.#at, decision.emitted.text)
      this.#dues.push(after.retryAt)
      this.#set(address, after)
      return
    }
    // The cancel of what could turn the position over is under way.
    if (!isLeft) return
    this.#dues.push(this.#at)
    this.#exits.push(decision)
    this.#account = { ...account, ...decision.changes, exits: (account.exits ?? 0) + 1 }
    this.#set(address, { ...target, isSignaled: false })
  }
}

/** Returns the quantity that is larger, long or short. */
function larger(a: string, b: string): string {
  return decimal.compare(decimal.absolute(a), decimal.absolute(b)) >= 0 ? a : b
}
