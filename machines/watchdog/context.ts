/** What a watchdog knows. */
import type { z } from 'zod'
import type { Emitted } from '../kind/kind.ts'
import type { Side } from '../model/fields.ts'
import type { WatchdogEvent, watchdogDeclaration } from './declaration.ts'
import type { WatchdogInput, watchdogInput } from './settings.ts'

/** An order that works, or is on its way, and will close what is held: a stop, or one of its own at market. */
export interface Cover {
  readonly side: Side
  readonly leavesQty: string
  /** The venue has said that it has it. */
  readonly isLive: boolean
  /** The watchdog has placed it. */
  readonly isOwn?: true
}
type Covers = Readonly<Record<string, Cover>>

export interface WatchdogContext extends z.infer<typeof watchdogInput> {
  /** Of the position: positive when long. */
  readonly quantity: string
  readonly avgPx: string
  /** By order address. */
  readonly covers: Covers
  /** Orders that it has placed: the next one's number. */
  readonly placed: number
  /** Of them in this spell without cover: each doubles the grace. */
  readonly refusals: number
  /** Since when what is held is not covered, in epoch ms. */
  readonly exposedAt?: number
  /** ms that anything was ever held without cover. */
  readonly unprotectedMs: number
}

export interface WatchdogTypes {
  readonly input: WatchdogInput
  readonly context: WatchdogContext
  readonly events: WatchdogEvent
  readonly emitted: Emitted<typeof watchdogDeclaration>
}
