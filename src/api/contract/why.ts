/** The answer to why a record happened: what began it, what its machine was asked, and what it led to. */
import { z } from 'zod'
import { type Frozen, position } from './fields.ts'
import { transitionRecord } from './record.ts'

export const guardResult = z.enum(['true', 'false', 'threw'])

/** A path of the context or the event that a guard read. */
export const guardRead = z.object({
  from: z.enum(['context', 'event']),
  path: z.array(z.string()).describe('keys from the outside in; empty when the keys of the whole were read'),
  value: z.unknown().optional().describe('absent where there is none'),
  isLarge: z.literal(true).optional().describe('present for a value that is too large for an answer'),
})

/** A guard that was asked. Its parts follow it, one level deeper. */
export const askedGuard = z.object({
  guard: z
    .string()
    .describe('its name with its params, such as `leads(to: filled, from: accepted)`, or `(inline)`'),
  depth: position.describe('0 for the guard of a transition, 1 for a part of its `and`, `or` or `not`'),
  result: guardResult,
  error: z.string().optional().describe('the message of the error that it threw'),
  reads: z.array(guardRead).describe('the deepest paths that it read, at most 100'),
  isUnsure: z
    .literal(true)
    .optional()
    .describe('the guard answered otherwise while its reads were noted, so that they may be wrong'),
  isCut: z
    .literal(true)
    .optional()
    .describe('the guard read more than `reads` has: it reads much, or those before it in the answer do'),
})

/** A transition that a state has for an event, and that XState asked about; or a guard that an action asked. */
export const askedTransition = z.object({
  source: z.string().describe("id of the state that has the transition; of an action, the machine's id"),
  action: z.string().optional().describe('name of the action that asked; absent for a transition'),
  event: z.string().describe('type of the event, which may be one that the machine raised in the same step'),
  on: z.string().describe('descriptor of the transition; empty for `always`'),
  targets: z.array(z.string()).describe('ids of the states to which it leads; empty when it stays'),
  result: guardResult.describe('`true` for a transition without a guard'),
  taken: z.boolean(),
  guards: z.array(askedGuard).describe('empty for a transition without a guard'),
})

/** The transitions that a machine was asked about when it took an event: those taken, and those refused. */
export const guardsAsked = z.object({
  event: z.string().describe('type of the event; in the record of a failure, that of the event that failed'),
  states: z.array(z.string()).describe('ids of the active states before, outermost first'),
  asked: z.array(askedTransition).describe('in order; empty when no state has a transition for the event'),
  problem: z.string().optional().describe('why the list is empty or may be wrong; absent when it is right'),
})

const explained = {
  record: transitionRecord,
  timer: z
    .object({ id: z.string(), dueAt: z.number().optional().describe('epoch milliseconds') })
    .optional()
    .describe('the timer by which it came; the record before has set it'),
  guards: guardsAsked.optional(),
}

/** A record with what its machine was asked. */
export const explainedRecord = z.object(explained)

/** A record that led to another one. */
export const explainedCause = z.object({
  ...explained,
  repeats: position.describe(
    'number of records between this one and the next that are left out: the timer of the next one has set itself so often',
  ),
})

/** A record that another one caused. */
export const explainedEffect = z.object({
  ...explained,
  depth: z.int().positive().describe('1 for what the record caused itself'),
})

/**
 * Why a record happened. `causes` and `effects` are lists, so that their types do not contain themselves: an effect is
 * caused by the last one before it that is one level less deep.
 */
export const explanation = z.object({
  ...explained,
  causes: z.array(explainedCause).describe('the records before, the one from outside first'),
  isWhole: z
    .boolean()
    .describe(
      'false when the first of the causes is not from outside: the chain is too long, or its cause was deleted',
    ),
  cutAt: position
    .optional()
    .describe('first seq of the log, when the cause of the first of the causes was deleted'),
  effects: z
    .array(explainedEffect)
    .describe('a tree in its order: each record is followed by what it caused; `guards` of the first ones'),
  leftOut: position.describe(
    'number of further effects that were found, beyond the depth, the number, or a timer that fires again and again',
  ),
  partly: z
    .array(z.string())
    .describe('addresses of actors whose later records were searched in part only: effects may be missing'),
  read: position.describe('number of records that were read for the answer'),
})
export type Explanation = Frozen<z.infer<typeof explanation>>
export type Explained = Frozen<z.infer<typeof explainedRecord>>
export type GuardsAsked = Frozen<z.infer<typeof guardsAsked>>
export type AskedTransition = Frozen<z.infer<typeof askedTransition>>
export type AskedGuard = Frozen<z.infer<typeof askedGuard>>
export type GuardRead = Frozen<z.infer<typeof guardRead>>
