import type { ErrorCode } from './codes.ts'

/** Something that is wrong with an input: where, and what would be right. */
export interface Issue {
  readonly field: string
  readonly rule: string
}

/**
 * The one error class of Outcry. `code` is API, one of the table in codes.ts: tests and callers
 * compare it, never the message.
 * The message says what happened and where; `hint` says what to do about it.
 */
export class OutcryError extends Error {
  override readonly name = 'OutcryError'
  readonly code: ErrorCode
  /** What to do about it, in one sentence. */
  readonly hint: string
  /** Of an input that is refused. */
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
