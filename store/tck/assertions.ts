/** What a test asserts. They throw as node:assert does, which every test runner shows. */
import assert from 'node:assert/strict'
import type { ErrorCode } from '../../errors/codes.ts'

/** Both are the same as JSON: a field that is undefined is one that is not there. */
export function equal(actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), plain(expected))
}

export function isTrue(value: boolean, what: string): void {
  assert.ok(value, what)
}

/** The work fails with an error of this code. */
export async function refuses(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (error: unknown) => hasCode(error, code))
}

/** As `refuses`, of what is synchronous. */
export function throws(work: () => unknown, code: ErrorCode): void {
  assert.throws(work, (error: unknown) => hasCode(error, code))
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  const { code: found } = Object(error) as { code?: unknown }
  // Another error is shown as it is.
  if (found === undefined) throw error
  assert.equal(found, code)
  return true
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
