/** Records which paths of a value a function reads. The function sees proxies, and gets the same values from them. */
import { Ref } from './ref.ts'
import { sizeUpTo } from './size.ts'

/** A path that was read, and the value there. `value` is absent where there is none. */
export interface Read {
  readonly path: readonly string[]
  readonly value?: unknown
  /** True for a value that is left out, because it is larger than READ_SIZE_MAX. */
  readonly isLarge?: true
}

/** Maximum number of reads that one Reading returns. A function that goes through a large list reads more. */
export const READS_MAX = 100

/** Maximum number of accesses that one Reading notes. Each costs about a microsecond, and trading waits meanwhile. */
export const NOTES_MAX = 2_000

/** Maximum size of a value that a Reading returns, in characters of JSON. */
export const READ_SIZE_MAX = 50_000

/** Maximum size of all values that a Reading returns. Values beyond it are left out as too large. */
const ALL_READS_SIZE_MAX = 4 * READ_SIZE_MAX

/** The number of accesses that may still be noted. Readings that share it count it down. */
export interface NotesLeft {
  notes: number
}

/** The notes of a Reading. */
export interface ReadsFound {
  /**
   * The deepest paths that were read, in the order of their first reads, at most READS_MAX. An object whose keys were
   * listed counts with all that is in it, so its plain members are left out. Of the value itself, its members count.
   */
  readonly reads: readonly Read[]
  /** True when more was read than this. */
  readonly isCut: boolean
}

/** A place in the value, which links to the one that holds it: most are never shown, so their paths are not made. */
interface Place {
  readonly holder: Place | undefined
  readonly key: string
  value: unknown
  readonly below: Map<string, Place>
  isNoted: boolean
  /** True when a place below was noted. */
  isPassed: boolean
  /** True when the object itself was read: its keys or whether it has one. */
  isWhole: boolean
}

/** Thrown into a function that reads too much. */
const STOP = Object.freeze(new Error('the function reads more than is noted'))

/**
 * Gives a function a view of a value and notes what it reads of it. Objects and arrays are proxies, one for each
 * object, so that `===` compares them as before. References to actors and instances of classes are given as they are.
 * The view cannot be changed, as the frozen values of the log. When no notes are left, the next access throws, once: a
 * function that catches this goes on with the values themselves, so that it ends as it would without the view.
 *
 * @example
 * const reading = new Reading({ orders: { x: { qty: 2 } }, z: 1 })
 * reading.view.orders.x.qty
 * reading.found() // { reads: [{ path: ['orders', 'x', 'qty'], value: 2 }], isCut: false }
 */
export class Reading<T> {
  readonly view: T
  readonly #left: NotesLeft
  readonly #noted: Place[] = []
  readonly #proxies = new WeakMap<object, object>()
  /** The place at which each object was reached last. The log may hold one object at several. */
  readonly #places = new WeakMap<object, Place>()
  #isStopped = false

  /** True when no notes were left. The function may have ended because of that. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  constructor(value: T, left: NotesLeft = { notes: NOTES_MAX }) {
    this.#left = left
    this.view = this.#viewOf(placeOf(undefined, '', value)) as T
  }

  found(): ReadsFound {
    const reads: Read[] = []
    let room = ALL_READS_SIZE_MAX
    for (const place of this.#noted) {
      if (!isShown(place)) continue
      if (reads.length === READS_MAX) return { reads, isCut: true }
      const path = pathOf(place)
      const { value } = place
      const size = sizeUpTo(Math.min(room, READ_SIZE_MAX), value)
      if (value === undefined) reads.push({ path })
      else if (size >= Math.min(room, READ_SIZE_MAX)) reads.push({ path, isLarge: true })
      else {
        room -= size
        reads.push({ path, value })
      }
    }
    return { reads, isCut: this.#isStopped }
  }

  /** Returns false when accesses are noted no more. @throws STOP at the first of these */
  #isNoting(cost = 1): boolean {
    if (this.#isStopped) return false
    this.#left.notes -= cost
    if (this.#left.notes >= 0) return true
    this.#left.notes = 0
    this.#isStopped = true
    throw STOP
  }

  #note(place: Place): void {
    if (place.isNoted) return
    place.isNoted = true
    this.#noted.push(place)
    for (let above = place.holder; above !== undefined && !above.isPassed; above = above.holder)
      above.isPassed = true
  }

  #viewOf(place: Place): unknown {
    const { value } = place
    if (!isPlain(value)) return value
    this.#places.set(value, place)
    let proxy = this.#proxies.get(value)
    if (proxy === undefined) {
      proxy = this.#proxyOf(value)
      this.#proxies.set(value, proxy)
    }
    return proxy
  }

  #proxyOf(raw: object): object {
    const own = raw as Readonly<Record<string, unknown>>
    const at = () => this.#places.get(raw) as Place
    const memberOf = (key: string): Place => {
      const holder = at()
      const known = holder.below.get(key)
      if (known !== undefined) return known
      const place = placeOf(holder, key, own[key])
      holder.below.set(key, place)
      return place
    }
    const note = (key: string): unknown => {
      if (!this.#isNoting()) return own[key]
      const place = memberOf(key)
      this.#note(place)
      return this.#viewOf(place)
    }
    const isMember = (key: string | symbol): key is string =>
      typeof key !== 'symbol' && !isOfPrototype(raw, key)
    let isListed = false
    // A proxy of a frozen object could only return what is in it. So it has an empty one, and looks into `raw` itself.
    return new Proxy(Array.isArray(raw) ? [] : Object.create(Object.getPrototypeOf(raw)), {
      get: (_, key, receiver) => (isMember(key) ? note(key) : Reflect.get(raw, key, receiver)),
      has: (_, key) => {
        if (isMember(key)) note(key)
        return key in raw
      },
      ownKeys: () => {
        // The keys of a long list would take long to make.
        if (this.#isNoting(Array.isArray(raw) && raw.length > NOTES_MAX ? raw.length : 1)) {
          isListed = true
          const place = at()
          this.#note(place)
          place.isWhole = true
        }
        return Reflect.ownKeys(raw)
      },
      getOwnPropertyDescriptor: (_, key) => {
        if (typeof key === 'symbol') return Reflect.getOwnPropertyDescriptor(raw, key)
        let value: unknown
        // A list of the keys asks for each of them. That is no read of its value.
        if (!isListed) value = note(key)
        else value = this.#isNoting() ? this.#viewOf(memberOf(key)) : own[key]
        if (!Object.hasOwn(raw, key)) return undefined
        const isLength = Array.isArray(raw) && key === 'length'
        return { value, writable: true, enumerable: !isLength, configurable: !isLength }
      },
      set: () => false,
      defineProperty: () => false,
      deleteProperty: () => false,
    })
  }
}

function placeOf(holder: Place | undefined, key: string, value: unknown): Place {
  return { holder, key, value, below: new Map(), isNoted: false, isPassed: false, isWhole: false }
}

function pathOf(place: Place): string[] {
  const path: string[] = []
  for (let at = place; at.holder !== undefined; at = at.holder) path.unshift(at.key)
  return path
}

/** Returns whether a place says more than those above and below it. */
function isShown({ holder, value, isPassed, isWhole }: Place): boolean {
  if (isPassed && (!isWhole || holder === undefined)) return false
  const isInWhole = holder?.holder !== undefined && holder.isNoted && holder.isWhole
  return !isInWhole || isPlain(value) || value === undefined
}

/** Returns whether the key is a method that every such object has, or one that a function looks for in any value. */
function isOfPrototype(raw: object, key: string): boolean {
  return !Object.hasOwn(raw, key) && (key in raw || key === 'toJSON')
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || value instanceof Ref) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}
