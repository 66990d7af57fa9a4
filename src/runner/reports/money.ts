/** Returns the money and the positions of a run as its actors have them, for a scrape: from memory, without a search. */

import { dailyPnl, drawdownPct } from '../../../machines/account/circuit-breaker.ts'
import {
  type AccountContext,
  balanceOf,
  notionalValue,
  type PositionContext,
  unrealizedIn,
  type WatchdogContext,
} from '../../../machines/index.ts'
import { positionsAt } from '../../../machines/model/addresses.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import type { AccountFigures, PositionFigures } from '../../metrics/groups/accounts.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'

/** The kinds whose actors are looked at. Each has few: one for a venue, or for a symbol at it. */
const KINDS = ['account/', 'position/', 'watchdog/']

type Snapshots = Pick<Supervisor, 'getSnapshot' | 'addresses' | 'now'>

/** Keeps the contexts of these actors. One is read again after its records, so no scrape restores actors from the disk. */
export class Money {
  readonly #supervisor: Snapshots
  readonly #contexts = new Map<string, unknown>()
  readonly #changed = new Set<string>()

  constructor(supervisor: Snapshots) {
    this.#supervisor = supervisor
  }

  /** Finds the actors that are in the log already. */
  async start(): Promise<void> {
    for (const prefix of KINDS)
      for await (const address of this.#supervisor.addresses({ prefix })) this.#changed.add(address)
  }

  take({ actor }: Pick<TransitionRecord, 'actor'>): void {
    if (KINDS.some((kind) => actor.startsWith(kind))) this.#changed.add(actor)
  }

  get accounts(): readonly AccountFigures[] {
    return this.#of<AccountContext>('account/').map(([, account]) => {
      const { venue, asset } = account
      const realized = this.#of<PositionContext>(positionsAt(venue))
        .filter(([, { settleAsset }]) => settleAsset === asset)
        .map(([, { realizedPnl }]) => realizedPnl)
      return {
        account: venue,
        asset,
        equity: Number(account.equity),
        balance: Number(balanceOf(account, asset)),
        realizedPnl: Number(realized.reduce(decimal.add, decimal.ZERO)),
        unrealizedPnl: Number(unrealizedIn(account, asset)),
        dailyPnl: Number(dailyPnl(account)),
        drawdown: Number(drawdownPct(account)) / 100,
        openOrders: Object.keys(account.working).length,
        openPositions: Object.keys(account.positions).length,
      }
    })
  }

  get positions(): readonly PositionFigures[] {
    return this.#of<AccountContext>('account/').flatMap(([, { venue, positions }]) =>
      Object.entries(positions).map(([address, held]) => {
        const notional = Number(notionalValue(held, held.quantity, held.markPx))
        return {
          account: venue,
          symbol: address.slice(positionsAt(venue).length),
          asset: held.settleAsset,
          exposure: decimal.isNegative(held.quantity) ? -notional : notional,
          unprotectedSeconds: this.#unprotected(address.replace('position/', 'watchdog/')),
        }
      }),
    )
  }

  #unprotected(address: string): number | undefined {
    const watchdog = this.#contexts.get(address) as WatchdogContext | undefined
    if (watchdog?.enabled !== true) return undefined
    const { exposedAt } = watchdog
    return exposedAt === undefined ? 0 : Math.max(0, this.#supervisor.now - exposedAt) / 1_000
  }

  /** Returns the contexts of the actors whose address begins so. */
  #of<Context>(prefix: string): (readonly [address: string, context: Context])[] {
    this.#readChanged()
    return [...this.#contexts].filter(([address]) => address.startsWith(prefix)) as [string, Context][]
  }

  #readChanged(): void {
    for (const address of this.#changed) {
      this.#changed.delete(address)
      const context = this.#contextOf(address)
      if (context === undefined) this.#contexts.delete(address)
      else this.#contexts.set(address, context)
    }
  }

  #contextOf(address: string): unknown {
    try {
      return this.#supervisor.getSnapshot(address)?.context
    } catch {
      // An actor that cannot be restored is reported by those who need it.
      return undefined
    }
  }
}
