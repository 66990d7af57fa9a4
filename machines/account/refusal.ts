/** The reason why a request is refused: the check, the value that it allows, and the value that was asked for. */
export interface Refusal {
  readonly check: string
  /** The field of the request, if the check is about one and has another name. */
  readonly field?: string
  readonly limit: string
  readonly value: string
}
