/** The context of an account. */
import type { Emitted } from '../kind/kind.ts'
import type { AccountInput } from './account-input.ts'
import type { Performance } from './circuit-breaker.ts'
import type { AccountEvent, accountDeclaration } from './declaration.ts'
import type { Closable } from './exits.ts'

export interface AccountContext extends Closable, Performance {
  /** See `AccountInput`. */
  readonly marketVenue?: string
  /** Ids of the cash flows that were counted, the newest last. */
  readonly flowIds: readonly string[]
}

/** An account sends this to itself when it is time to see to what it closes. */
type LookAgain = { readonly type: 'LOOK_AGAIN'; readonly at: number }

export interface AccountTypes {
  readonly input: AccountInput
  readonly context: AccountContext
  readonly events: AccountEvent | LookAgain
  readonly emitted: Emitted<typeof accountDeclaration>
}
