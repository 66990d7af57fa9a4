/**
 * The declaration of a kind of actor, as data: the events that it takes, emits and sends. Its actions are built from the declaration,
 * so an event that is not declared is neither emitted nor sent: the compiler refuses it, and so do tests, and in development the runtime.
 */
import {
  type ActionFunction,
  type AnyEventObject,
  type EventObject,
  emit,
  enqueueActions,
  type MachineContext,
  type ParameterizedObject,
} from 'xstate'
import { z } from 'zod'
import { compact } from '../../errors/compact.ts'
import { OutcryError } from '../../errors/outcry-error.ts'
import { tell } from './tell.ts'

/** The schema of an event: an object whose `type` is one text. */
export type EventSchema = z.ZodObject & { readonly shape: { readonly type: z.ZodLiteral<string> } }

type EventOf<Schema> = Extract<z.output<Schema>, EventObject>
type TypesIn<Schemas extends readonly EventSchema[]> = EventOf<Schemas[number]>['type']

/** Stands for receivers of any kind whose address came with an event: owners, watchers, subscribers. */
export const GIVEN = '*'

/** Schemas of sent events by the kind of the receiver. `*` stands for receivers whose address came with an event. */
export type Sends = Readonly<Record<string, readonly EventSchema[]>>

/** The classes of events in a feed. It sends a critical one at once, and of a high-frequency one the latest may be enough. */
export type EventClass = 'critical' | 'high-frequency'

interface Spoken<
  Accepts extends readonly [EventSchema, ...EventSchema[]],
  Emits extends readonly EventSchema[],
  Sent extends Sends,
> {
  /** Events that actors, ports and people may send to the kind. */
  readonly accepts: Accepts
  /** Types of the accepted events that change nothing. They are only on record. */
  readonly ignores?: readonly TypesIn<Accepts>[]
  /** Types of the events that the kind sends only to itself. */
  readonly raises?: readonly string[]
  readonly emits: Emits
  readonly sends: Sent
  /** Types of the accepted events that people may send. */
  readonly commands: readonly TypesIn<Accepts>[]
  /** Types of the emitted events that say that a command was refused. */
  readonly refusals?: readonly TypesIn<Emits>[]
  /** Classes of emitted and accepted events in the feed. The others are standard. */
  readonly classes?: Readonly<Partial<Record<TypesIn<Accepts> | TypesIn<Emits>, EventClass>>>
}

/** A kind's declaration, as its registration takes it. */
export interface Declaration<
  Accepts extends readonly [EventSchema, ...EventSchema[]] = readonly [EventSchema, ...EventSchema[]],
  Emits extends readonly EventSchema[] = readonly EventSchema[],
  Sent extends Sends = Sends,
> {
  readonly events: z.ZodDiscriminatedUnion<Accepts, 'type'>
  readonly ignores: readonly string[]
  readonly raises: readonly string[]
  readonly emits: Emits
  readonly sends: Sent
  readonly commands: readonly string[]
  readonly refusals: readonly string[]
  readonly classes: Readonly<Record<string, EventClass>>
}

/**
 * Returns the declaration of a kind.
 *
 * @example declare({ accepts: [newsItem], emits: [newsIngested], sends: { account: [riskFlag] }, commands: ['NEWS_ITEM'] })
 */
export function declare<
  const Accepts extends readonly [EventSchema, ...EventSchema[]],
  const Emits extends readonly EventSchema[],
  const Sent extends Sends,
>(of: Spoken<Accepts, Emits, Sent>): Declaration<Accepts, Emits, Sent> {
  const { accepts, ignores = [], raises = [], emits, sends, commands, refusals = [], classes = {} } = of
  const events = z.discriminatedUnion('type', accepts)
  return { events, ignores, raises, emits, sends, commands, refusals, classes: compact(classes) }
}

/** The events that a kind accepts. */
export type Accepted<D extends { readonly events: z.ZodType }> = EventOf<D['events']>
/** The events that a kind emits. */
export type Emitted<D extends { readonly emits: readonly EventSchema[] }> = EventOf<D['emits'][number]>
/** The events that a kind sends to this address. */
type SentTo<Sent extends Sends, To extends string> = To extends `${infer Kind}/${string}`
  ? Sent[Kind & keyof Sent] extends readonly (infer Schema)[]
    ? EventOf<Schema>
    : never
  : Sent[typeof GIVEN & keyof Sent] extends readonly (infer Schema)[]
    ? EventOf<Schema>
    : never

/** The name of a field of an emitted event: of every event that has it, or of one type, `ORDER_FILLED.commission`. */
type FieldOf<Schema> = Schema extends EventSchema
  ? FieldName<Schema> | `${Schema['shape']['type']['value']}.${FieldName<Schema>}`
  : never
type FieldName<Schema extends EventSchema> = keyof Schema['shape'] & string

/**
 * The fields of emitted events that came after the first version of a chart, by the version that they came with, the oldest first.
 * An earlier version emits its events without them, as it did then, so that its logs replay. An event that came itself is there by
 * its `type`: no earlier version emits it.
 * @example const since: Since<typeof orderDeclaration> = { 7: ['strategy', 'ORDER_FILLED.commission'] }
 */
export type Since<D extends Pick<Declaration, 'emits'>> = Readonly<
  Record<string, readonly FieldOf<D['emits'][number]>[]>
>
type AnySince = Readonly<Record<string, readonly string[]>>

/** Returns the fields that came after a version: all of them, if the version is older than any. */
export function laterThan(since: AnySince, version: string): ReadonlySet<string> {
  const versions = Object.keys(since)
  const later = versions.slice(versions.indexOf(version) + 1)
  return new Set(later.flatMap((one) => since[one] ?? []))
}

/** Returns whether a field of an event is among these. */
export function isAmong(fields: ReadonlySet<string>, type: string, field: string): boolean {
  return fields.has(field) || fields.has(`${type}.${field}`)
}

/**
 * Returns the present machine of a chart, its earlier versions, and the upgrades between them. They differ in the fields of emitted
 * events alone. `first` is the version that has none of `since`.
 */
export function versionsSince<Machine>(
  first: string,
  since: AnySince,
  machineOf: (version: string) => Machine,
): {
  machine: Machine
  previous: Machine[]
  upgrades: { from: string; to: string; migrate: typeof asItIs }[]
} {
  const versions = [first, ...Object.keys(since)]
  const previous = versions.map(machineOf)
  const machine = previous.pop() as Machine
  const upgrades = versions.slice(1).map((to, i) => ({ from: versions[i] as string, to, migrate: asItIs }))
  return { machine, previous, upgrades }
}

/** The types of a machine, as `setup` takes them. */
interface Types {
  readonly context: MachineContext
  readonly events: AnyEventObject
}

type Params = ParameterizedObject['params']
type Act<T extends Types, P extends Params, Out extends EventObject> = ActionFunction<
  T['context'],
  T['events'],
  T['events'],
  P,
  never,
  never,
  never,
  never,
  Out
>
/** The argument of XState's `enqueueActions`. */
type Collect<T extends Types, P extends Params, Out extends EventObject> = Parameters<
  typeof enqueueActions<T['context'], T['events'], P, T['events'], never, never, never, never, Out>
>[0]

/** The makers of a kind's actions. The actions can emit and send only the events of its declaration. */
export interface Acts<T extends Types, Out extends EventObject, Sent extends Sends> {
  /** Returns an action of several, as XState's `enqueueActions` does. */
  readonly action: <P extends Params = undefined>(collect: Collect<T, P, Out>) => Act<T, P, Out>
  /** Returns an action that emits the event. */
  readonly emit: (event: Out) => Act<T, undefined, Out>
  /** Returns an action that sends the event to the actor at this address. */
  readonly tell: <To extends string>(to: To, event: SentTo<Sent, To>) => Act<T, undefined, never>
}

/**
 * True in tests alone. A machine must not depend on how its process was started (law 1), because its log is replayed anywhere.
 * In development the runtime checks each step as it is lived (`assertDeclared`).
 */
const IS_CHECKED = process.env.NODE_ENV === 'test'

/**
 * Returns the makers of a kind's actions. `later` has the fields that emitted events leave out, because they came after the version
 * of the machine.
 * @example const { action, emit, tell } = acts(newsDeclaration, {} as { context: NewsContext; events: NewsEvent })
 */
export function acts<
  T extends Types,
  Accepts extends readonly [EventSchema, ...EventSchema[]],
  const Emits extends readonly EventSchema[],
  const Sent extends Sends,
>(
  declaration: Declaration<Accepts, Emits, Sent>,
  _types: T,
  later?: ReadonlySet<string>,
): Acts<T, Emitted<Declaration<Accepts, Emits, Sent>>, Sent> {
  type Out = Emitted<Declaration<Accepts, Emits, Sent>>
  const check = IS_CHECKED ? checks(declaration) : undefined
  return {
    action: <P extends Params = undefined>(collect: Collect<T, P, Out>): Act<T, P, Out> =>
      enqueueActions<T['context'], T['events'], P, T['events'], never, never, never, never, Out>(collect),
    emit: (event) => {
      check?.emits(event)
      const said = later === undefined || later.size === 0 ? event : without(later, event)
      return emit<T['context'], T['events'], undefined, T['events'], Out>(said)
    },
    tell: (to, event) => {
      check?.sends(to, event)
      return tell(to, event)
    },
  }
}

/** Returns the event as an earlier version emitted it. */
function without<Out extends EventObject>(later: ReadonlySet<string>, event: Out): Out {
  const kept = Object.entries(event).filter(([field]) => !isAmong(later, event.type, field))
  return Object.fromEntries(kept) as Out
}

/** Returns the checks of a kind's actions against its declaration. They throw KIND_UNDECLARED. */
export function checks({ events, emits, sends }: Pick<Declaration, 'events' | 'emits' | 'sends'>) {
  const of = `what takes ${typesOf(events.options)[0]}`
  const emitted = new Set(typesOf(emits))
  const sent = new Map(Object.entries(sends).map(([kind, schemas]) => [kind, new Set(typesOf(schemas))]))
  return {
    emits({ type }: EventObject): void {
      if (!emitted.has(type)) throw undeclared(`${of} emits ${type}`, 'emits')
    },
    sends(to: string, { type }: EventObject): void {
      const kind = to.slice(0, to.indexOf('/'))
      if (sent.get(kind)?.has(type) || sent.get(GIVEN)?.has(type)) return
      throw undeclared(`${of} sends ${type} to ${to}`, `sends, under ${kind}`)
    },
  }
}

function undeclared(what: string, where: string): OutcryError {
  return new OutcryError(
    'KIND_UNDECLARED',
    `${what}, which its declaration does not have`,
    `Add the event's schema to its ${where}.`,
  )
}

/** Returns the types of the events. */
export function typesOf(schemas: readonly EventSchema[]): readonly string[] {
  return schemas.map(({ shape }) => shape.type.value)
}

/** Migrates an actor to a version that behaves differently and has the same state and context. */
export const asItIs = ({ value, context }: { readonly value: unknown; readonly context: unknown }) => ({
  value,
  context,
})

/** The fields of a person's command that name other actors and ids. */
export interface Command {
  readonly type: string
  readonly venue?: string
  readonly owner?: string
  /** The id that the command gives its order. */
  readonly clOrdId?: string
  readonly limits?: unknown
}
