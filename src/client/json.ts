/** What a client sends, as JSON that says the same: a value that JSON would write as another one is refused. */
import { OutcryError } from '../../errors/outcry-error.ts'

/**
 * Returns the text of a body. Fields that are undefined are left out.
 * @throws NOT_JSON with the path
 */
export function jsonOf(body: unknown): string {
  checkJson(body, 'body', [])
  return JSON.stringify(body)
}

/** `within`: the objects that it is in, by which a cycle is found. */
function checkJson(value: unknown, path: string, within: readonly object[]): void {
  if (value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)) return
  if (typeof value !== 'object') throw notJson(path, typeof value === 'number' ? value : typeof value)
  if (within.includes(value)) throw notJson(path, 'an object that has itself within')
  const inside = [...within, value]
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) checkJson(item, `${path}[${i}]`, inside)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw notJson(path, 'no plain object')
  for (const [key, inner] of Object.entries(value))
    if (inner !== undefined) checkJson(inner, `${path}.${key}`, inside)
}

function notJson(path: string, found: unknown): OutcryError {
  return new OutcryError(
    'NOT_JSON',
    `${path} is ${found}, which JSON cannot say`,
    'Write epoch milliseconds, arrays, plain objects, decimal text.',
  )
}
