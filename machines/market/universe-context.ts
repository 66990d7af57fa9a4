/** The context of a universe. */
import { z } from 'zod'
import type { Emitted } from '../kind/kind.ts'
import type { UniverseEvent, universeDeclaration } from './universe-declaration.ts'
import { type Filtered, universeFilters } from './universe-filters.ts'

export const universeInput = z.strictObject({ venue: z.string(), filters: universeFilters })
export type UniverseInput = z.infer<typeof universeInput>

export interface UniverseContext extends UniverseInput {
  /** The symbols in the universe, in order of their names. */
  readonly symbols: readonly string[]
  /** The filter that keeps each other symbol out. */
  readonly filtered: Readonly<Record<string, Filtered['filter']>>
  readonly followers: readonly Follower[]
}

/** A strategy that trades while its symbol is in. */
interface Follower {
  readonly address: string
  readonly symbol: string
}

export interface UniverseTypes {
  readonly input: UniverseInput
  readonly context: UniverseContext
  readonly events: UniverseEvent
  readonly emitted: Emitted<typeof universeDeclaration>
}
