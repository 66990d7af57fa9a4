/** Turns a request body into JSON that means the same. It refuses a value that JSON would change. */
import { OutcryError } from '../../errors/outcry-error.ts'

/**
 * Returns the text of a body. Fields that are undefined are left out.
 * @throws NOT_JSON with the path
 */
export function jsonOf(body: unknown): string {
  checkJson(body, 'body', [])
  return JSON.stringify(body)
}

/** Checks a value. `within` are the objects that contain it, in which a cycle is found. */
function checkJson(value: unknown, path: string, within: readonly object[]): void {
  if (value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)) return
  if (typeof value !== 'object') throw notJson(path, typeof value === 'number' ? value : typeof value)
  if (within.includes(value)) throw notJson(path, 'an object that contains itself')
  const inside = [...within, value]
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) checkJson(item, `${path}[${i}]`, inside)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw notJson(path, 'not a plain object')
  for (const [key, inner] of Object.entries(value))
    if (inner !== undefined) checkJson(inner, `${path}.${key}`, inside)
}

function notJson(path: string, found: unknown): OutcryError {
  return new OutcryError(
    'NOT_JSON',
    `${path} is ${found}, which JSON cannot express`,
    'Write epoch milliseconds, arrays, plain objects, decimal text.',
  )
}
