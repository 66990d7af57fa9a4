/** The context of a component of the process. Its size does not grow with its history. */
import type { Emitted } from '../kind/kind.ts'
import type { ComponentEvent, componentDeclaration } from './declaration.ts'

export interface ComponentInput {
  readonly name: string
}

export interface ComponentContext extends ComponentInput {
  /** Why it has failed, while it has. */
  readonly reason?: string | undefined
  /** Failures in the whole log. */
  readonly failures: number
}

export interface ComponentTypes {
  readonly input: ComponentInput
  readonly context: ComponentContext
  readonly events: ComponentEvent
  readonly emitted: Emitted<typeof componentDeclaration>
}
