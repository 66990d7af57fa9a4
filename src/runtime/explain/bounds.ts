import { sizeUpTo } from '../record/size.ts'

/**
 * Maximum size of the records in a chain of causes, of those in a tree of effects, and of what guards have read, each in
 * characters of JSON. One that is larger ends its list. An answer of this size does not delay others.
 */
export const PART_SIZE_MAX = 2 * 2 ** 20

/** Counts what a list has, up to PART_SIZE_MAX. */
export class PartSize {
  #left = PART_SIZE_MAX

  get isFull(): boolean {
    return this.#left <= 0
  }

  add(value: unknown): void {
    if (!this.isFull) this.#left -= sizeUpTo(this.#left, value)
  }
}
