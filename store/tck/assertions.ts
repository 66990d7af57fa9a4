/** The assertions of the tests. They throw as node:assert does, so every test runner can show their failures. */
import assert from 'node:assert/strict'
import type { ErrorCode } from '../../errors/codes.ts'

/** Asserts that both are the same JSON. A field that is undefined counts as missing. */
export function equal(actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), plain(expected))
}

export function isTrue(value: boolean, what: string): void {
  assert.ok(value, what)
}

/** Asserts that the work fails with an error of this code. */
export async function refuses(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (error: unknown) => hasCode(error, code))
}

/** Asserts the same of synchronous work. */
export function throws(work: () => unknown, code: ErrorCode): void {
  assert.throws(work, (error: unknown) => hasCode(error, code))
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  const { code: found } = Object(error) as { code?: unknown }
  // The test runner shows an error without a code as it is.
  if (found === undefined) throw error
  assert.equal(found, code)
  return true
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
