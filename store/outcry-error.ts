/**
 * The one error class of Outcry. `code` is API: tests and callers compare it, never the message.
 * The message says what happened and where; `hint` says what to do about it.
 */
export class OutcryError extends Error {
  override readonly name = 'OutcryError'
  readonly code: string
  /** What to do about it, in one sentence. */
  readonly hint: string

  constructor(code: string, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.hint = hint
  }
}

export function isOutcryError(error: unknown, code?: string): error is OutcryError {
  return error instanceof OutcryError && (code === undefined || error.code === code)
}
