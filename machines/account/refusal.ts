/** Why a request is refused: which check says so, what it allows, and what was asked. */
export interface Refusal {
  readonly check: string
  /** Of the request, where the check is of one and not named after it. */
  readonly field?: string
  readonly limit: string
  readonly value: string
}
