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

/** Maximum size of a value that a Reading returns, in characters of JSON. */
export const READ_SIZE_MAX = 50_000

type Path = readonly string[]

interface Noted {
  readonly path: Path
  readonly value: unknown
  /** True when the object itself was read: its keys or whether it has one. */
  isWhole: boolean
}

/**
 * Gives a function a view of a value and notes what it reads of it. Objects and arrays are proxies, one for each
 * object, so that `===` compares them as before. References to actors and instances of classes are given as they are.
 *
 * @example
 * const reading = new Reading({ orders: { x: { qty: 2 } }, z: 1 })
 * reading.view.orders.x.qty
 * reading.reads // [{ path: ['orders', 'x', 'qty'], value: 2 }]
 */
export class Reading<T> {
  readonly view: T
  readonly #noted = new Map<string, Noted>()
  readonly #proxies = new WeakMap<object, object>()
  /** The path by which each object was reached last. The log may hold one object at several paths. */
  readonly #paths = new WeakMap<object, Path>()

  constructor(value: T) {
    this.view = this.#viewOf(value, []) as T
  }

  /**
   * The deepest paths that were read, in the order of their first reads, at most READS_MAX. An object whose keys were
   * listed counts with all that is in it, so its plain members are left out. Of the value itself, its members count.
   */
  get reads(): readonly Read[] {
    const passed = new Set<string>()
    for (const { path } of this.#noted.values())
      for (let n = 0; n < path.length; n++) passed.add(keyOf(path.slice(0, n)))
    const reads: Read[] = []
    for (const [key, { path, value, isWhole }] of this.#noted) {
      if (passed.has(key) && (!isWhole || path.length === 0)) continue
      const holder = path.length > 1 ? this.#noted.get(keyOf(path.slice(0, -1))) : undefined
      if (holder?.isWhole && !isPlain(value) && value !== undefined) continue
      if (value === undefined) reads.push({ path })
      else if (sizeUpTo(READ_SIZE_MAX, value) < READ_SIZE_MAX) reads.push({ path, value })
      else reads.push({ path, isLarge: true })
      if (reads.length === READS_MAX) break
    }
    return reads
  }

  #note(path: Path, value: unknown, isWhole = false): void {
    const key = keyOf(path)
    const noted = this.#noted.get(key)
    if (noted === undefined) this.#noted.set(key, { path, value, isWhole })
    else if (isWhole) noted.isWhole = true
  }

  #viewOf(value: unknown, path: Path): unknown {
    if (!isPlain(value)) return value
    this.#paths.set(value, path)
    let proxy = this.#proxies.get(value)
    if (proxy === undefined) {
      proxy = this.#proxyOf(value)
      this.#proxies.set(value, proxy)
    }
    return proxy
  }

  #proxyOf(raw: object): object {
    // A proxy of a frozen object could only return what is in it. So the proxy has a copy, which is not frozen.
    const copy: object = Array.isArray(raw) ? [...raw] : { ...raw }
    if (Object.getPrototypeOf(raw) === null) Object.setPrototypeOf(copy, null)
    const path = () => this.#paths.get(raw) as Path
    const note = (key: string) => {
      const at = [...path(), key]
      const value = (raw as Record<string, unknown>)[key]
      this.#note(at, value)
      return this.#viewOf(value, at)
    }
    let isListed = false
    return new Proxy(copy, {
      get: (target, key, receiver) =>
        typeof key === 'symbol' || isOfPrototype(raw, key) ? Reflect.get(target, key, receiver) : note(key),
      has: (_, key) => {
        if (typeof key !== 'symbol' && !isOfPrototype(raw, key)) note(key)
        return key in raw
      },
      ownKeys: (target) => {
        isListed = true
        this.#note(path(), raw, true)
        return Reflect.ownKeys(target)
      },
      getOwnPropertyDescriptor: (target, key) => {
        const descriptor = Reflect.getOwnPropertyDescriptor(target, key)
        if (typeof key === 'symbol') return descriptor
        // A list of the keys asks for each of them. That is no read of its value.
        const value = isListed
          ? this.#viewOf((raw as Record<string, unknown>)[key], [...path(), key])
          : note(key)
        return descriptor && { ...descriptor, value }
      },
    })
  }
}

/** Returns whether the key is a method that every such object has, or one that a function looks for in any value. */
function isOfPrototype(raw: object, key: string): boolean {
  return !Object.hasOwn(raw, key) && (key in raw || key === 'toJSON')
}

function keyOf(path: Path): string {
  return JSON.stringify(path)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || value instanceof Ref) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}
