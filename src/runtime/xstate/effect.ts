import type { Address } from '../record/address.ts'
import type { AnyEvent } from '../record/record.ts'
import type { Ref } from '../record/ref.ts'

/** One effect of a transition. A list of effects is in the order in which XState would run them. */
export type Effect =
  | { readonly type: 'send'; readonly to: Address; readonly event: AnyEvent }
  | {
      readonly type: 'schedule'
      /** Absent when the machine gave none. Then the actor's next free id is used. */
      readonly id: string | undefined
      readonly delayMs: number
      /** Absent when the receiver is the actor itself. */
      readonly to?: Address
      /** True when the receiver is a child that the same transition stops or replaces. */
      readonly stopped?: boolean
      readonly event: AnyEvent
    }
  | { readonly type: 'cancel'; readonly id: string }
  | { readonly type: 'spawn'; readonly ref: Ref; readonly input: unknown }
  | { readonly type: 'stop'; readonly to: Address }
  | { readonly type: 'emit'; readonly event: AnyEvent }
  | { readonly type: 'log'; readonly label: string | undefined; readonly value: unknown }
  /** A custom action. It runs live only, after its commit, at most once (law 10). */
  | { readonly type: 'custom'; readonly name: string; readonly run: () => unknown }
  /** An event for the running part of an actor that is no machine. */
  | { readonly type: 'receive'; readonly event: AnyEvent }

/** A transition that XState took, with the ids of its states. The inspector highlights the edge. */
export interface TakenTransition {
  readonly source: string
  readonly targets: readonly string[]
  readonly eventType: string
  /** The name of its guard. It tells apart transitions that lead to the same states. */
  readonly guard?: string
}

/** Returns the same text for transitions that nothing but their actions tells apart. */
export function transitionKey({ source, eventType, targets, guard }: TakenTransition): string {
  return JSON.stringify([source, eventType, targets, guard])
}
