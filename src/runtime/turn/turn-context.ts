/** The parts of the runtime that turns use. */

import type { Cell } from '../actors/cell.ts'
import type { Registry } from '../actors/registry.ts'
import type { Address } from '../record/address.ts'
import type { WorkObserver } from '../work.ts'
import type { Effect } from '../xstate/effect.ts'
import type { Scope } from '../xstate/scope.ts'
import type { Outbox } from './outbox.ts'

/** The actors that a turn can reach. */
export interface Actors {
  /** Returns an actor from memory, or restores it from its snapshot. @throws when it cannot be restored */
  find(address: Address): Cell | undefined
  /** Returns the actor if it is in memory. */
  resident(address: Address): Cell | undefined
  /** Returns an actor that cannot be restored, without its logic, so that it can be stopped. */
  findGone(address: Address): Cell | undefined
  add(cell: Cell): void
  remove(address: Address): void
}

export interface TurnContext {
  readonly actors: Actors
  readonly registry: Registry
  readonly scope: Scope
  readonly ports: { has(name: string): boolean }
  readonly outbox: Pick<Outbox, 'reserve' | 'giveBack'>
  readonly work?: WorkObserver | undefined
  /** Checks the effects of a step against the declaration of its kind. Present in development alone. @throws KIND_UNDECLARED */
  readonly assertDeclared?: ((cell: Cell, effects: readonly Effect[]) => void) | undefined
}
