import { Scratch } from '../../../store/index.ts'

/** Number of entries that leave memory together. */
const LOT = 200

export interface Spilling<V> {
  /** Number of entries kept in memory. */
  readonly max: number
  encode(value: V): unknown
  decode(json: unknown): V
}

/** A map of any size. The entries used last are in memory, the others on the disk. */
export class SpillingMap<V> {
  readonly #entries = new Map<string, V>()
  readonly #options: Spilling<V>
  #scratch: Scratch | undefined

  constructor(options: Spilling<V>) {
    this.#options = options
  }

  /** Returns the value. A caller may change it in place, and the change is kept. */
  get(key: string): V | undefined {
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known
    }
    const text = this.#scratch?.get(key)
    if (text === undefined) return undefined
    const value = this.#options.decode(JSON.parse(text))
    this.#entries.set(key, value)
    return value
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
  }

  /**
   * Moves entries to the disk. Call it between uses, and wait for the promise if there is one.
   * @throws SCRATCH_FAILED
   */
  spill(): Promise<void> | undefined {
    return this.#entries.size < this.#options.max + LOT ? undefined : this.#spill()
  }

  async #spill(): Promise<void> {
    this.#scratch ??= await Scratch.open()
    const lot: [string, string][] = []
    for (const [key, value] of this.#entries) {
      if (lot.length === LOT) break
      lot.push([key, JSON.stringify(this.#options.encode(value))])
    }
    await this.#scratch.put(lot)
    for (const [key] of lot) this.#entries.delete(key)
  }

  async close(): Promise<void> {
    this.#entries.clear()
    await this.#scratch?.close()
  }
}
