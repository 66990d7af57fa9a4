import type { ErrorCode } from './codes.ts'

/** One fault of an input: the field, and the rule that it breaks. */
export interface Issue {
  readonly field: string
  readonly rule: string
}

/**
 * The only error class of Outcry. `code` is API, from the table in codes.ts: tests and callers compare it, never the
 * message. The message says what happened and where. `hint` says what to do.
 */
export class OutcryError extends Error {
  override readonly name = 'OutcryError'
  readonly code: ErrorCode
  /** The next step, in one sentence. */
  readonly hint: string
  /** The faults of a refused input. */
  readonly issues: readonly Issue[]

  constructor(
    code: ErrorCode,
    message: string,
    hint: string,
    options: { cause?: unknown; issues?: readonly Issue[] } = {},
  ) {
    super(message, options)
    this.code = code
    this.hint = hint
    this.issues = options.issues ?? []
  }
}

export function isOutcryError(error: unknown, code?: ErrorCode): error is OutcryError {
  return error instanceof OutcryError && (code === undefined || error.code === code)
}
