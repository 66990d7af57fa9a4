/** Lists and counts actors that pass a filter, page by page. It gives way to trading, and ends with its reader. */
import { compact } from '../../../errors/compact.ts'
import { Pace } from '../../../store/leveldb/pace.ts'
import type { Interruptible } from '../../../store/store.ts'
import { type ActorView, unreadOf } from '../../runtime/actors/actor-view.ts'
import { isUnreadable } from '../../runtime/state/life.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { ActorFilter } from '../contract/actor-filter.ts'
import type { GroupedBy } from '../contract/groups.ts'
import type { ActorSummary } from '../contract/record.ts'
import { isFailed, isOpen, type Standing } from '../contract/standing.ts'
import { actorTest, addressTest, isOfAddresses } from './actor-filter.ts'
import type { Stood } from './lines.ts'
import type { Counts, Outline } from './outline.ts'
import { compareSpots, type Owners, sortable } from './owners.ts'
import { asRecorded } from './unread.ts'

/** An actor as a list has it, with the parts that a filter may ask for. */
export type Listed = ActorSummary & Partial<Pick<ActorView, 'context' | 'timers' | 'children'>>

/** The actors that are wanted, and the place in the log as of which they are; its end where there is none. */
export interface Wanted {
  readonly filter: ActorFilter
  readonly prefix: string
  readonly seq?: number | undefined
}

interface Sorted {
  readonly address: string
  readonly place: number
  readonly list: number
  readonly role: number
  readonly text: string
}

export class ActorList {
  readonly #supervisor: Supervisor
  readonly #outline: Outline
  readonly #wanted: Wanted
  readonly #options: Interruptible
  readonly #isAddressed: (address: string) => boolean
  readonly #isWanted: (actor: Listed) => boolean

  constructor(supervisor: Supervisor, outline: Outline, wanted: Wanted, options: Interruptible) {
    this.#supervisor = supervisor
    this.#outline = outline
    this.#wanted = wanted
    this.#options = options
    this.#isAddressed = addressTest(wanted.filter)
    this.#isWanted = actorTest(wanted.filter, supervisor.now)
  }

  /**
   * Yields all that are looked at, in the order of their addresses: those that do not pass the filter as undefined. A page may
   * end between any two.
   */
  async *byAddress(
    after: string | undefined,
  ): AsyncGenerator<readonly [address: string, Listed | undefined]> {
    for await (const address of this.#addresses(after))
      yield [address, this.#isAddressed(address) ? await this.#found(address) : undefined]
  }

  /** Yields those of these actors that pass the filter, in this order, with their groups. */
  async *among(
    addresses: readonly string[],
    by: GroupedBy,
  ): AsyncGenerator<readonly [address: string, Listed | undefined]> {
    const owners = await this.#outline.owners(this.#options)
    const pace = new Pace(this.#options)
    for (const address of addresses) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      const isAddressed = address.startsWith(this.#wanted.prefix) && this.#isAddressed(address)
      const actor = isAddressed ? await this.#found(address) : undefined
      yield [address, actor && { ...actor, group: owners.spot(address, by).group }]
    }
  }

  /**
   * Resolves with one page of the actors of some groups that pass the filter, in their order, and whether there are more.
   */
  async ofGroups(
    groups: readonly string[],
    by: GroupedBy,
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly actors: readonly Listed[]; readonly hasMore: boolean }> {
    const owners = await this.#outline.owners(this.#options)
    const places = new Map(groups.map((name, i) => [name, i]))
    const behind = after === undefined ? undefined : placed(after, owners, by, places)
    const isOfAll = isOfAddresses(this.#wanted.filter)
    let first: Sorted[] = []
    let hasMore = false
    const keep = () => {
      first.sort(compare)
      hasMore ||= first.length > limit
      first = first.slice(0, limit)
    }
    for await (const [address, stood] of this.#candidates({ groups, by })) {
      if (!this.#isAddressed(address)) continue
      const one = placed(address, owners, by, places)
      if (one === undefined || (behind !== undefined && compare(one, behind) <= 0)) continue
      const worst = hasMore ? first[limit - 1] : undefined
      if (worst !== undefined && compare(one, worst) > 0) continue
      if (stood === undefined && !isOfAll && (await this.#found(address)) === undefined) continue
      first.push(one)
      if (first.length >= 2 * limit) keep()
    }
    keep()
    const actors: Listed[] = []
    for await (const [, actor] of this.among(
      first.map(({ address }) => address),
      by,
    ))
      if (actor !== undefined) actors.push(actor)
    return { actors, hasMore }
  }

  /** Resolves with the numbers of those that pass the filter, by group. */
  async counted(by: GroupedBy): Promise<Map<string, Counts>> {
    const owners = await this.#outline.owners(this.#options)
    const groups = new Map<string, Counts>()
    for await (const [address, stood] of this.#candidates()) {
      if (!this.#isAddressed(address)) continue
      const actor = stood ?? (await this.#found(address))
      if (actor === undefined) continue
      const { group } = owners.spot(address, by)
      const counts = groups.get(group) ?? { count: 0, open: 0, failed: 0 }
      counts.count++
      if (isOpen(actor as Standing)) counts.open++
      if (isFailed(actor as Standing)) counts.failed++
      groups.set(group, counts)
    }
    return groups
  }

  /**
   * Yields all addresses that may pass the filter, in any order: those of some groups where it can tell them apart. Of those
   * that do, it says how they stand if it knows.
   */
  async *#candidates(of?: {
    readonly groups: readonly string[]
    readonly by: GroupedBy
  }): AsyncGenerator<readonly [address: string, Stood | undefined]> {
    const { prefix, filter, seq } = this.#wanted
    const isMarked = filter.condition === 'failed' || filter.condition === 'open'
    if (seq === undefined && isMarked) {
      yield* this.#each(await this.#outline.marked(this.#options))
      return
    }
    const isOfGroups = of !== undefined && (seq !== undefined || isOfAddresses(filter))
    const members = isOfGroups ? await this.#outline.members(of.groups, of.by, this.#options) : undefined
    if (members !== undefined) {
      yield* this.#each(members)
      return
    }
    const passing = seq === undefined ? await this.#outline.passing(filter, prefix, this.#options) : undefined
    if (passing !== undefined) yield* passing
    else for await (const address of this.#addresses(undefined)) yield [address, undefined]
  }

  async *#each(addresses: readonly string[]): AsyncGenerator<readonly [address: string, undefined]> {
    const pace = new Pace(this.#options)
    for (const address of addresses) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      if (address.startsWith(this.#wanted.prefix)) yield [address, undefined]
    }
  }

  #addresses(after: string | undefined): AsyncIterable<string> {
    const { prefix, filter } = this.#wanted
    const begin = prefix === '' && filter.kind !== undefined ? `${filter.kind}/` : prefix
    return this.#supervisor.addresses({ prefix: begin, ...compact({ after }), ...this.#options })
  }

  async #found(address: string): Promise<Listed | undefined> {
    const { seq } = this.#wanted
    const actor = seq === undefined ? this.#supervisor.viewNow(address) : await this.#then(address, seq)
    return actor !== undefined && this.#isWanted(actor) ? actor : undefined
  }

  /** Resolves with the actor as it was; undefined when it was not there yet. */
  async #then(address: string, seq: number): Promise<Listed | undefined> {
    try {
      return await this.#supervisor.stateAt(address, { seq }, this.#options)
    } catch (error) {
      if (!isUnreadable(error)) throw error
      const last = { toSeq: seq, reverse: true, limit: 1, ...this.#options }
      for await (const record of this.#supervisor.history(address, last))
        return { ...asRecorded(record), unread: unreadOf(error) }
      return undefined
    }
  }
}

function placed(
  address: string,
  owners: Owners,
  by: GroupedBy,
  places: ReadonlyMap<string, number>,
): Sorted | undefined {
  const { group, list, role, text } = owners.spot(address, by)
  const place = places.get(group)
  return place === undefined ? undefined : { address, place, list, role, text: sortable(text) }
}

function compare(a: Sorted, b: Sorted): number {
  return a.place - b.place || compareSpots(a, b)
}
