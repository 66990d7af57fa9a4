/**
 * Holds what a machine does against what its kind declares, while it is developed. A replay is never checked: a log says
 * what happened, whatever is declared since.
 */
import { z } from 'zod'
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Effect } from '../xstate/effect.ts'
import type { Cell } from './cell.ts'
import type { Kind } from './kind.ts'

/** Schemas under this name are of events to any actor. */
const ANY = '*'

/** The types of events that a kind declares. Undefined where it declares nothing, or a schema does not tell its type. */
interface Declared {
  readonly emits: ReadonlySet<string> | undefined
  readonly sends: ReadonlyMap<string, ReadonlySet<string>> | undefined
}

const known = new WeakMap<Kind, Declared>()

/** Checks the effects of a step. @throws KIND_UNDECLARED */
export function assertDeclared({ address, kind, path }: Cell, effects: readonly Effect[]): void {
  // A child has a machine of its own, and the declaration is of the root.
  if (path.length > 0) return
  const { emits, sends } = declaredBy(kind)
  for (const effect of effects) {
    if (effect.type === 'emit' && emits?.has(effect.event.type) === false)
      throw undeclared(`${address} emits ${effect.event.type}`, 'emits')
    if (effect.type !== 'send' && effect.type !== 'schedule') continue
    const { to = address, event } = effect
    // What an actor sends to itself and to its children is its own affair.
    if (sends === undefined || to === address || to.startsWith(`${address}/`)) continue
    const of = to.slice(0, to.indexOf('/'))
    if (sends.get(of)?.has(event.type) || sends.get(ANY)?.has(event.type)) continue
    throw undeclared(`${address} sends ${event.type} to ${to}`, `sends, under ${of}`)
  }
}

function declaredBy(kind: Kind): Declared {
  const found = known.get(kind)
  if (found !== undefined) return found
  const { emits, sends } = kind
  const kinds = Object.entries(sends ?? {}).map(([of, schemas]) => [of, typesOf(schemas)] as const)
  const declared = {
    emits: emits && typesOf(emits),
    sends:
      sends === undefined || kinds.some(([, types]) => types === undefined)
        ? undefined
        : new Map(kinds.map(([of, types]) => [of, types as ReadonlySet<string>])),
  }
  known.set(kind, declared)
  return declared
}

/** Returns the types of the events of these schemas; undefined where a schema does not tell its type. */
export function typesOf(schemas: readonly z.ZodType[]): ReadonlySet<string> | undefined {
  const types = new Set<string>()
  for (const schema of schemas) {
    if (schema instanceof z.ZodUnion) {
      const of = typesOf(schema.options as readonly z.ZodType[])
      if (of === undefined) return undefined
      for (const type of of) types.add(type)
      continue
    }
    const type = schema instanceof z.ZodObject ? schema.shape.type : undefined
    if (!(type instanceof z.ZodLiteral)) return undefined
    for (const value of type.values) types.add(String(value))
  }
  return types
}

function undeclared(what: string, where: string): OutcryError {
  return new OutcryError(
    'KIND_UNDECLARED',
    `${what}, which its kind does not declare`,
    `Add the event's schema to the ${where} of its registration.`,
  )
}
