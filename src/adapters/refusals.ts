/** The refusals of a market source, counted by reason. */

/** Why a message is refused, or what of it. What is refused changes nothing. */
export const REFUSAL_REASONS = {
  LINE: 'a line that is no "<time> <json>"',
  RECEIVED:
    'a time of receipt that goes back, or ahead, and alone; its line counts at the time of the one before',
  JSON: 'text that is no JSON',
  SCHEMA: "a message that is not of the exchange's shape",
  SYMBOL: 'a symbol that is not the one of its stream, or was not asked for',
  PRICE: 'a price that is no decimal above 0, or a bid that is not below the ask',
  QUANTITY: 'a quantity that is no decimal above 0',
  RATE: 'a funding rate that is no share',
  TIME: 'a time of the exchange that goes back, or ahead of what can be',
  REPEATED: 'a trade that has come before',
  SNAPSHOT: 'a depth snapshot that is older than the book, or of no symbol that is known',
} as const
export type RefusalReason = keyof typeof REFUSAL_REASONS

/** A message that is not believed. */
export class Refusal extends Error {
  readonly reason: RefusalReason

  constructor(reason: RefusalReason, detail: string) {
    super(detail)
    this.reason = reason
  }
}

/** Counts refusals, and says which are told: the 1st, 10th, 100th of each reason, so that a flood of them floods no log. */
export class Refusals {
  readonly #counts: Partial<Record<RefusalReason, number>> = {}

  get counts(): Readonly<Partial<Record<RefusalReason, number>>> {
    return this.#counts
  }

  /** Returns what is to be told; undefined for one that is only counted. */
  add({ reason, message }: Refusal): string | undefined {
    const count = (this.#counts[reason] ?? 0) + 1
    this.#counts[reason] = count
    if (!/^10*$/.test(String(count))) return undefined
    return count === 1 ? message : `${message} (${count} messages were refused for ${reason} so far)`
  }
}
