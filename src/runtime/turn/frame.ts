/** The actors at work in a turn, and the state that a failed turn restores. */
import type { ActorState, Cell, Delivery } from '../actors/cell.ts'
import type { Address } from '../record/address.ts'
import type { AnyEvent } from '../record/record.ts'
import type { Effect } from '../xstate/effect.ts'
import type { AnySnapshot } from '../xstate/snapshot.ts'

/** An actor at work. Its effects are carried out one by one. Meanwhile the frame of a receiver lies on top. */
export interface Frame {
  readonly cell: Cell
  /** The frame of the actor that was at work before. */
  readonly below: Frame | undefined
  effects: readonly Effect[]
  next: number
  seq: number
  parentNotified: boolean
  /** Messages to children that the actor's own effects have not started yet. */
  heldForChild?: { to: Address; event: AnyEvent }[]
  /** Set when the actor was replaced while at work: its last snapshot and the effects left of its stop. */
  replaced?: { readonly snapshot: AnySnapshot; readonly effects: readonly Effect[] }
}

/** An actor's state before a step. A linked list, because an array of one item costs as much as one of sixteen. */
export interface Before {
  readonly cell: Cell
  readonly state: ActorState
  readonly version: string
  readonly logic: Cell['logic']
  readonly earlier: Before | undefined
}

/** A point within a turn. The steps after it can be undone without the others. */
export interface Place {
  readonly before: Before | undefined
  readonly steps: number
  readonly top: Frame | undefined
  readonly inboxes: readonly (readonly [Cell, readonly Delivery[]])[]
  readonly records: number
  readonly nextSeq: number
}
