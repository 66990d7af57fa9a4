/**
 * The numbers of actors of each owner and each kind, those that are open or have failed, and how each actor stands. They
 * are made ready after the start, give way to trading, and are kept current by what moves. So a page of 50,000 actors
 * opens at once, and a search looks at no state. Of more actors they are counted when somebody asks.
 */
import { Pace } from '../../../store/leveldb/pace.ts'
import type { Interruptible, Paced } from '../../../store/store.ts'
import { kindOf } from '../../runtime/record/address.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { ActorFilter } from '../contract/actor-filter.ts'
import type { GroupedBy } from '../contract/groups.ts'
import { isFailed, isOpen, troubleOf } from '../contract/standing.ts'
import { isOfAddresses } from './actor-filter.ts'
import { Lines, type Stood } from './lines.ts'
import { Owners } from './owners.ts'

/** ms for which a question without `whole` reads states before it is answered. */
const AT_ONCE_MS = 50
/** Actors that are read between two looks at the time. */
const LOT = 64
/** Most actors of which it is made ready, and of which it keeps how each stands: a few MB. */
const KEPT_MAX = 200_000
/** Actors that have moved after which they are read although nobody asks. */
const MOVED_MAX = 1_000
/** ms without a question after which nothing is kept any more of actors that are more. */
const FORGET_MS = 600_000

export interface Counts {
  count: number
  open: number
  failed: number
}

export interface Mark {
  readonly isOpen: boolean
  readonly isFailed: boolean
  /** True when it has failed itself, and was not only refused. */
  readonly isTroubled: boolean
  readonly seq: number
}

type Placed = Stood & { readonly seq: number }

/** The numbers of a log. */
export class Tally {
  readonly owners = new Owners()
  readonly groups: Readonly<Record<GroupedBy, Map<string, Counts>>> = { owner: new Map(), kind: new Map() }
  readonly marks = new Map<string, Mark>()
  /** The addresses of each group; empty when there are too many. */
  readonly members: Readonly<Record<GroupedBy, Map<string, string[]>>> = { owner: new Map(), kind: new Map() }
  /** The standing of each actor; undefined when there are too many. */
  lines: Lines | undefined = new Lines()
  /** Actors whose state was never read. */
  readonly unread = new Set<string>()
  /** Actors that have come or moved since they were read. */
  readonly moved = new Set<string>()

  /** Counts an actor that has come. */
  add(address: string): void {
    for (const [grouping, group] of this.#groupsOf(address)) {
      this.#countsOf(grouping, group).count++
      if (this.lines === undefined) continue
      const members = this.members[grouping].get(group)
      if (members === undefined) this.members[grouping].set(group, [address])
      else members.push(address)
    }
  }

  mark(address: string, actor: Placed | undefined): void {
    const was = this.marks.get(address)
    const is = actor && markOf(actor)
    for (const [what, key] of [
      ['open', 'isOpen'],
      ['failed', 'isFailed'],
    ] as const) {
      if ((was?.[key] ?? false) === (is?.[key] ?? false)) continue
      for (const [grouping, group] of this.#groupsOf(address))
        this.#countsOf(grouping, group)[what] += is?.[key] ? 1 : -1
    }
    if (is !== undefined && (is.isOpen || is.isFailed)) this.marks.set(address, is)
    else this.marks.delete(address)
    if (actor !== undefined) this.lines?.set(address, actor)
  }

  #groupsOf(address: string): (readonly [GroupedBy, string])[] {
    return [
      ['owner', this.owners.spot(address, 'owner').group],
      ['kind', kindOf(address)],
    ]
  }

  #countsOf(grouping: GroupedBy, group: string): Counts {
    const groups = this.groups[grouping]
    let counts = groups.get(group)
    if (counts === undefined) {
      counts = { count: 0, open: 0, failed: 0 }
      groups.set(group, counts)
    }
    return counts
  }
}

function markOf(actor: Placed): Mark {
  const isTroubled = troubleOf(actor) !== undefined
  return { isOpen: isOpen(actor), isFailed: isFailed(actor), isTroubled, seq: actor.seq }
}

export class Outline {
  readonly #supervisor: Supervisor
  #tally: Tally | undefined
  #stop: (() => void) | undefined
  #askedAt = 0
  /** True while it is kept although nobody asks. */
  #isKept = false
  /** The first count, while it is under way. */
  #beginning: Promise<Tally | undefined> | undefined
  /** Wakes what keeps it. */
  #wake = () => {}

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor
  }

  /** Keeps the numbers ready until the signal ends that. */
  async keep(signal: AbortSignal): Promise<void> {
    const options = { signal, inBackground: true }
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    this.#isKept = true
    try {
      while (!signal.aborted) {
        // A question that comes meanwhile waits for it, so it is no work of the background.
        this.#beginning = this.#tally === undefined ? this.#count({ signal }, KEPT_MAX) : undefined
        const tally = this.#tally ?? (await this.#beginning)
        if (tally === undefined || tally.lines === undefined) break
        await this.#read(tally, tally.unread, Number.POSITIVE_INFINITY, options)
        await this.#read(tally, tally.moved, Number.POSITIVE_INFINITY, options)
        if (signal.aborted || tally !== this.#tally) continue
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } catch {
      // The next question reads the log itself, and its answer says why it cannot be read.
    }
    this.#isKept = false
  }

  /** Resolves with the owners of the log. @throws READ_ABORTED */
  async owners(options: Interruptible): Promise<Owners> {
    return (await this.#counted(options)).owners
  }

  /**
   * Resolves with the numbers. The states of actors that were not read yet are read for a moment, or all of them when
   * `isWhole` is set.
   * @throws READ_ABORTED
   */
  async tally(isWhole: boolean, options: Interruptible): Promise<Tally> {
    const tally = await this.#counted(options)
    const until = isWhole ? Number.POSITIVE_INFINITY : performance.now() + AT_ONCE_MS
    await this.#read(tally, tally.moved, until, options)
    await this.#read(tally, tally.unread, until, options)
    return tally
  }

  /** Resolves with the addresses of actors that are open or have failed. @throws READ_ABORTED */
  async marked(options: Interruptible): Promise<string[]> {
    return [...(await this.tally(true, options)).marks.keys()]
  }

  /**
   * Resolves with the addresses of some groups, in any order; undefined when only a look at all addresses finds them.
   * @throws READ_ABORTED
   */
  async members(
    groups: readonly string[],
    by: GroupedBy,
    options: Interruptible,
  ): Promise<readonly string[] | undefined> {
    const { lines, members } = await this.#counted(options)
    return lines && groups.flatMap((name) => members[by].get(name) ?? [])
  }

  /**
   * Resolves with how the actors stand that pass a filter, by their addresses; undefined when a look at each of them is
   * the only way, or the shorter one.
   * @throws READ_ABORTED
   */
  async passing(
    filter: ActorFilter,
    prefix: string,
    options: Interruptible,
  ): Promise<ReadonlyMap<string, Stood> | undefined> {
    if (!Lines.have(filter)) return undefined
    const { lines, unread } = await this.#counted(options)
    if (lines === undefined || (isOfAddresses(filter) && unread.size > 0)) return undefined
    return (await this.tally(true, options)).lines?.passing(filter, prefix, options)
  }

  async #counted(options: Interruptible): Promise<Tally> {
    this.#askedAt = performance.now()
    await this.#beginning?.catch(() => {})
    return this.#tally ?? ((await this.#count(options, Number.POSITIVE_INFINITY)) as Tally)
  }

  /** Resolves with undefined when there are more actors than `max`. */
  async #count(options: Paced, max: number): Promise<Tally | undefined> {
    const tally = new Tally()
    const { owners, unread } = tally
    const news = new Set<string>()
    const scanning = this.#supervisor.transitions$.subscribe(({ actor }) => news.add(actor))
    try {
      for await (const address of this.#supervisor.addresses(options)) {
        unread.add(address)
        owners.add(address)
        if (unread.size > max) return undefined
      }
      if (unread.size > KEPT_MAX) tally.lines = undefined
      // All strategies are needed to tell whose an order is.
      const pace = new Pace(options)
      for (const address of unread) {
        const rest = pace.step()
        if (rest !== undefined) await rest
        tally.add(address)
      }
    } finally {
      scanning.unsubscribe()
    }
    // Another question may have counted meanwhile.
    if (this.#tally !== undefined) return this.#tally
    this.#tally = tally
    const following = this.#supervisor.transitions$.subscribe((record) => this.#onRecord(tally, record))
    this.#stop = () => following.unsubscribe()
    for (const address of news) this.#take(tally, address, !unread.has(address))
    return tally
  }

  #onRecord(tally: Tally, { actor, rev }: TransitionRecord): void {
    const isUnasked = tally.moved.size > LOT && performance.now() - this.#askedAt > FORGET_MS
    if (this.#isKept && tally.moved.size >= MOVED_MAX) this.#wake()
    if (isUnasked && !this.#isKept) this.#forget()
    else this.#take(tally, actor, rev === 1)
  }

  #take(tally: Tally, address: string, isNew: boolean): void {
    if (!tally.unread.has(address)) tally.moved.add(address)
    if (!isNew) return
    if (tally.owners.add(address)) tally.add(address)
    else this.#forget()
  }

  #forget(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#tally = undefined
    this.#wake()
  }

  /** Reads actors of a set, until there is no time left. Those that move meanwhile are for the next question. */
  async #read(tally: Tally, set: Set<string>, until: number, options: Paced): Promise<void> {
    const pace = new Pace(options)
    let left = set.size
    for (const address of set) {
      if (left-- === 0 || (left % LOT === 0 && performance.now() > until)) return
      const rest = pace.step()
      if (rest !== undefined) await rest
      // A record that comes while it is read adds it again.
      set.delete(address)
      tally.mark(address, this.#supervisor.standingNow(address))
    }
  }
}
