/** The context of an account. */
import type { Emitted } from '../kind/kind.ts'
import type { AccountInput } from './account-input.ts'
import type { Performance } from './circuit-breaker.ts'
import type { AccountEvent, accountDeclaration } from './declaration.ts'
import type { Gated } from './gate.ts'

export interface AccountContext extends Gated, Performance {
  /** See `AccountInput`. */
  readonly marketVenue?: string
  /** Ids of the cash flows that were counted, the newest last. */
  readonly flowIds: readonly string[]
}

export interface AccountTypes {
  readonly input: AccountInput
  readonly context: AccountContext
  readonly events: AccountEvent
  readonly emitted: Emitted<typeof accountDeclaration>
}
