/** The context of a watchdog. */
import type { z } from 'zod'
import type { Emitted } from '../kind/kind.ts'
import type { Side } from '../model/fields.ts'
import type { WatchdogEvent, watchdogDeclaration } from './declaration.ts'
import type { WatchdogInput, watchdogInput } from './settings.ts'

/** A working or pending order that will close the position: a stop, or an order of the watchdog's own at market. */
export interface Cover {
  readonly side: Side
  readonly leavesQty: string
  /** The venue has confirmed that it has the order. */
  readonly isLive: boolean
  /** The watchdog has placed the order. */
  readonly isOwn?: true
}
type Covers = Readonly<Record<string, Cover>>

export interface WatchdogContext extends z.infer<typeof watchdogInput> {
  /** The quantity of the position: positive when long. */
  readonly quantity: string
  readonly avgPx: string
  /** The orders that cover the position, by address. */
  readonly covers: Covers
  /** The number of orders that it has placed. The next order has the number after it. */
  readonly placed: number
  /** The number of its orders that were refused since the position lost its cover. Each doubles the grace. */
  readonly refusals: number
  /** Time since which the position is not covered, in epoch ms. */
  readonly exposedAt?: number
  /** The total time without cover, in ms. */
  readonly unprotectedMs: number
}

export interface WatchdogTypes {
  readonly input: WatchdogInput
  readonly context: WatchdogContext
  readonly events: WatchdogEvent
  readonly emitted: Emitted<typeof watchdogDeclaration>
}
