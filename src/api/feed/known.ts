/** Knows what a program can publish, as its kinds declare it and as its log has it: what can never match, and what would. */
import { typesOf } from '../../runtime/actors/declared.ts'
import type { Kind } from '../../runtime/actors/kind.ts'
import type { EventClass } from '../../runtime/events/envelope.ts'
import { isSized, parsePattern, TOKENS, type Topic } from '../../runtime/events/patterns.ts'
import { typeToken } from '../../runtime/events/topic.ts'
import type { Queries } from '../../runtime/queries.ts'
import { kindOf } from '../../runtime/record/address.ts'
import { type Filter, partsOf } from '../contract/filter.ts'
import type { SubscribeFrame } from '../contract/frames.ts'
import type { Derivation } from './derivation.ts'
import { nearest } from './nearest.ts'
import { canMatchOn } from './outlook.ts'
import type { ClassOf } from './publication.ts'

type Root = keyof typeof TOKENS
const ROOTS = Object.keys(TOKENS) as Root[]

/** A kind of actor as the feed sees it. */
export interface KnownKind {
  readonly name: string
  /** Types of the events that it may emit; undefined when it may emit any. */
  readonly emits: ReadonlySet<string> | undefined
  readonly classes?: Readonly<Record<string, EventClass>> | undefined
}

/** The contents of a log that matter here. */
export interface Logged {
  /** Types of its events; undefined when they may be any. */
  readonly types: readonly string[] | undefined
}

export class Known {
  /** Undefined when any kind may have records. */
  readonly #kinds: ReadonlySet<string> | undefined
  /** Undefined when events of any type may come. */
  readonly #types: ReadonlySet<string> | undefined
  readonly #typeTokens: ReadonlySet<string> | undefined
  readonly #classes: ReadonlyMap<string, ReadonlyMap<string, EventClass>>

  /**
   * Without kinds, any kind may have records, and any event may come. `logged` has what earlier machines have emitted,
   * which those of today may not declare.
   */
  constructor(
    kinds?: readonly KnownKind[],
    derivations: readonly Derivation[] = [],
    logged: Logged = { types: [] },
  ) {
    this.#classes = new Map(
      kinds?.map(({ name, classes = {} }) => [name, new Map(Object.entries(classes))] as const),
    )
    this.#kinds = kinds && new Set(kinds.map(({ name }) => name))
    const sources = kinds && [
      ...kinds.map(({ emits }) => emits),
      ...derivations.map(({ emits }) => typesOf(emits)),
      logged.types,
    ]
    const isOpen = sources === undefined || sources.includes(undefined)
    this.#types = isOpen ? undefined : new Set(sources.flatMap((types) => [...(types ?? [])]))
    this.#typeTokens = this.#types && new Set([...this.#types].map(typeToken))
  }

  readonly classOf: ClassOf = (kind, type) => this.#classes.get(kind)?.get(type)

  /** Returns why a part of the subscription can match nothing, and what would; undefined when each part can. */
  fault({ topics, filter = {}, minSeverity }: SubscribeFrame): string | undefined {
    const patterns = topics.map((text) => parsePattern(text) ?? [])
    for (const pattern of patterns) {
      const near = this.#nearestTo(pattern)
      if (near.join('.') !== pattern.join('.'))
        return `nothing can be on "${pattern.join('.')}"; the nearest topic is "${near.join('.')}"`
    }
    // Records match by the events that actors took, and those are of any type.
    const hasEventsOnly = patterns.every(([root]) => root === 'events')
    const fault = this.#faultOf(filter, hasEventsOnly)
    if (fault !== undefined) return fault
    const whole = { and: [filter, { minSeverity }] }
    if (patterns.some((pattern) => canMatchOn(whole, pattern))) return undefined
    return `nothing on ${topics.join(', ')} can match the filter; records have a kind, id, type, correlation and time, and events also a venue, symbol, instrument, strategy and severity`
  }

  /** Returns the types of the events that a subscription names; undefined when it may want records or other events. */
  typesIn({ topics, filter }: SubscribeFrame): readonly string[] | undefined {
    const patterns = topics.map((text) => parsePattern(text) ?? [])
    if (patterns.some(([root]) => root !== 'events')) return undefined
    if (filter?.type !== undefined) return [filter.type]
    const tokens = new Set(patterns.map(([, type]) => type ?? '*'))
    if (this.#types === undefined || tokens.has('*') || tokens.has('>')) return undefined
    return [...this.#types].filter((type) => tokens.has(typeToken(type)))
  }

  #faultOf(filter: Filter, hasEventsOnly: boolean): string | undefined {
    const { kind, type } = filter
    if (kind !== undefined && this.#kinds?.has(kind) === false)
      return `no kind is called "${kind}"; the nearest is "${nearest(kind, this.#kinds)}"`
    if (hasEventsOnly && type !== undefined && this.#types?.has(type) === false)
      return `no kind emits "${type}"; the nearest event is "${nearest(type, this.#types)}"`
    for (const part of partsOf(filter)) {
      const fault = this.#faultOf(part, hasEventsOnly)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  /** Returns the pattern itself when a topic can match it, otherwise the nearest pattern that a topic can match. */
  #nearestTo(pattern: Topic): Topic {
    const [root = '', ...rest] = pattern
    if (root === '>') return pattern
    if (root !== '*') {
      const known = ROOTS.find((one) => one === root) ?? (nearest(root, ROOTS) as Root)
      return this.#fitted(known, [known, ...rest])
    }
    const fitted = ROOTS.map((one) => this.#fitted(one, pattern).join('.'))
    return nearest(pattern.join('.'), fitted)?.split('.') ?? pattern
  }

  #fitted(root: Root, pattern: Topic): Topic {
    const [first = root, name, ...rest] = sized(pattern, TOKENS[root])
    if (name === undefined || name === '*' || name === '>') return [first, name ?? '>', ...rest]
    return [first, root === 'events' ? this.#typeNear(name) : this.#kindNear(name), ...rest]
  }

  #typeNear(name: string): string {
    if (this.#typeTokens === undefined) return name.toLowerCase()
    return this.#typeTokens.has(name) ? name : (nearest(name, this.#typeTokens) ?? '*')
  }

  #kindNear(name: string): string {
    return this.#kinds?.has(name) === false ? (nearest(name, this.#kinds) ?? '*') : name
  }
}

/** Returns the pattern with as many tokens as topics have. */
function sized(pattern: Topic, tokens: number): Topic {
  if (isSized(pattern, tokens)) return pattern
  if (pattern.length < tokens) return [...pattern, '>']
  const given = pattern.at(-1) === '>' ? pattern.slice(0, -1) : pattern
  const rest = given.slice(tokens - 1)
  // A dot within an id is an underscore in its topic.
  return [...given.slice(0, tokens - 1), rest.includes('*') ? '*' : rest.join('_')]
}

/** Resolves with what a program can publish: its kinds, those of its log, and the types that its log has. */
export async function knownOf(
  of: Pick<Queries, 'registry' | 'addresses' | 'emittedTypes'>,
  derivations: readonly Derivation[] = [],
): Promise<Known> {
  const types = await of.emittedTypes()
  return new Known(await knownKinds(of), derivations, { types })
}

/** Resolves with the kinds of a program, and those of which only its log knows. */
export async function knownKinds(of: Pick<Queries, 'registry' | 'addresses'>): Promise<readonly KnownKind[]> {
  const kinds: KnownKind[] = [...of.registry.kinds].map((kind) => ({
    name: kind.name,
    emits: emittedBy(kind),
    classes: kind.classes,
  }))
  const names = new Set(kinds.map(({ name }) => name))
  for (let after = ''; ; ) {
    let kind: string | undefined
    for await (const address of of.addresses({ after, limit: 1 })) kind = kindOf(address)
    if (kind === undefined) return kinds
    // Only the log has the events that the kind has emitted.
    if (!names.has(kind)) kinds.push({ name: kind, emits: undefined })
    // Addresses of the kind begin with `kind/`, and 0 follows the slash.
    after = `${kind}0`
  }
}

function emittedBy({ name, emits, machine }: Kind): ReadonlySet<string> | undefined {
  if (name === 'system') return new Set()
  // A declaration is of the machine itself. Its children may emit, too.
  const hasChildren = Object.keys(machine.implementations.actors).length > 0
  return emits === undefined || hasChildren ? undefined : typesOf(emits)
}
