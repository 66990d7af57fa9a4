/** What turns work on. */

import type { Cell } from '../actors/cell.ts'
import type { Registry } from '../actors/registry.ts'
import type { Address } from '../record/address.ts'
import type { WorkObserver } from '../work.ts'
import type { Scope } from '../xstate/scope.ts'
import type { Outbox } from './outbox.ts'

/** The actors that a turn can reach. */
export interface Actors {
  /** In memory, or brought back from its snapshot. @throws where it cannot be brought back */
  find(address: Address): Cell | undefined
  /** In memory. */
  resident(address: Address): Cell | undefined
  /** One that cannot be brought back, without its logic: to stop it. */
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
}
