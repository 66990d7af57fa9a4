/** The items of one answer as text: so few that writing them delays nobody, and that they fit into memory. */
/** Characters of one answer, unless a single item is longer: further items are for the next request. */
export const ANSWER_MAX = 4 * 1_048_576

export class AnswerList<Item> {
  readonly #items: string[] = []
  #size = 0

  get length(): number {
    return this.#items.length
  }

  /** Whether no more belongs into this answer. */
  get isFull(): boolean {
    return this.#size >= ANSWER_MAX
  }

  add(item: Item): void {
    const text = JSON.stringify(item)
    this.#items.push(text)
    this.#size += text.length
  }

  /** As a JSON array. */
  text(): string {
    return `[${this.#items.join()}]`
  }
}
