/**
 * The standing of each actor: its status, state and tags, and the names of its symbol. Actors that stand alike share an entry,
 * so 50,000 actors take little more than their addresses.
 */
import { compact } from '../../../errors/compact.ts'
import { Pace } from '../../../store/leveldb/pace.ts'
import type { Interruptible } from '../../../store/store.ts'
import type { ActorFilter } from '../contract/actor-filter.ts'
import type { Standing } from '../contract/standing.ts'
import { actorTest, addressTest, type Filterable, namesIn, namingTest } from './actor-filter.ts'

/** An actor as far as lists judge it. */
export type Stood = Standing & { readonly context?: unknown }
type Line = Omit<Stood, 'address'>

export class Lines {
  readonly #known = new Map<string, Line>()
  readonly #of = new Map<string, Line>()

  /** Returns whether a filter asks for nothing else than what is here. */
  static have({ changedSince, condition }: ActorFilter): boolean {
    return changedSince === undefined && condition !== 'failing'
  }

  set(address: string, { status, condition, error, value, tags, context }: Stood): void {
    const isWrong = error !== undefined && error !== null
    const line = compact({
      status,
      condition,
      error: isWrong || undefined,
      value,
      tags,
      context: namesIn(context),
    })
    const key = JSON.stringify(line)
    const known = this.#known.get(key)
    if (known === undefined) this.#known.set(key, line)
    this.#of.set(address, known ?? line)
  }

  /** Resolves with the actors that pass a filter, by their addresses. @throws READ_ABORTED */
  async passing(
    filter: ActorFilter,
    prefix: string,
    options: Interruptible,
  ): Promise<ReadonlyMap<string, Stood>> {
    const { kind: _, name: _n, end: _e, ...others } = filter
    const isAddressed = addressTest(filter)
    const passes = actorTest(others, 0)
    const answers = new Map<Line, boolean>()
    const isNamed = namingTest(filter)
    const found = new Map<string, Stood>()
    const pace = new Pace(options)
    for (const [address, line] of this.#of) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      if (!address.startsWith(prefix) || !isAddressed(address)) continue
      const isOfLine = !isNamed(address)
      const known = isOfLine ? answers.get(line) : undefined
      if (known === false) continue
      const stood = { address, ...line }
      const isPassing = known ?? passes({ ...stood, at: 0 } as Filterable)
      if (isOfLine) answers.set(line, isPassing)
      if (isPassing) found.set(address, stood)
    }
    return found
  }
}
