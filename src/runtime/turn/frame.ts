/** Who is at work in a turn, and what a turn has to put back when it fails. */
import type { ActorState, Cell, Delivery } from '../actors/cell.ts'
import type { Address } from '../record/address.ts'
import type { AnyEvent } from '../record/record.ts'
import type { Effect } from '../xstate/effect.ts'
import type { AnySnapshot } from '../xstate/snapshot.ts'

/** An actor at work: its effects are carried out one by one, and a receiver's frame lies on top meanwhile. */
export interface Frame {
  readonly cell: Cell
  /** Whoever was at work when this one began. */
  readonly below: Frame | undefined
  effects: readonly Effect[]
  next: number
  seq: number
  parentNotified: boolean
  /** Sent to children that its own effects have yet to start. */
  heldForChild?: { to: Address; event: AnyEvent }[]
  /** It was replaced while at work: what it last was, and what its stop still has to do. */
  replaced?: { readonly snapshot: AnySnapshot; readonly effects: readonly Effect[] }
}

/** What an actor was before it took something. Linked, because an array of one costs as much as one of sixteen. */
export interface Before {
  readonly cell: Cell
  readonly state: ActorState
  readonly version: string
  readonly logic: Cell['logic']
  readonly earlier: Before | undefined
}

/** How far a turn had come, so that what follows can be undone by itself. */
export interface Place {
  readonly before: Before | undefined
  readonly steps: number
  readonly top: Frame | undefined
  readonly inboxes: readonly (readonly [Cell, readonly Delivery[]])[]
  readonly records: number
  readonly nextSeq: number
}
