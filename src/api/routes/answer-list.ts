import type { FastifyReply } from 'fastify'
import { compact } from '../../../errors/compact.ts'

/** The items of one answer as text: so few that writing them delays nobody, and that they fit into memory. */
/** Characters of one answer, unless a single item is longer: further items are for the next request. */
export const ANSWER_MAX = 4 * 1_048_576

export class AnswerList<Item> {
  readonly #items: string[] = []
  #size = 0

  get length(): number {
    return this.#items.length
  }

  /** Returns whether the answer takes no more items. */
  get isFull(): boolean {
    return this.#size >= ANSWER_MAX
  }

  add(item: Item): void {
    const text = JSON.stringify(item)
    this.#items.push(text)
    this.#size += text.length
  }

  /** Returns the items as a JSON array. */
  text(): string {
    return `[${this.#items.join()}]`
  }
}

/** Returns the text of an answer with one page of a list. `next` is where the next one begins, and `more` is beside it. */
export function answerPage(
  reply: FastifyReply,
  name: string,
  items: AnswerList<unknown>,
  next: string | number | undefined,
  more: Readonly<Record<string, number>> = {},
): string {
  reply.type('application/json; charset=utf-8')
  const beside = Object.entries({ ...compact({ next }), ...more })
  const others = beside.map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return `{${JSON.stringify(name)}:${items.text()}${others.join('')}}`
}
