/** Longest value that stands on one line. */
const LINE_MAX = 100
const INDENT = '  '

/**
 * Returns a value of JSON in lines for people. What is short stands on one line, as JSON; each member or item of what is
 * longer has a line of its own, indented.
 */
export function readable(value: unknown): string[] {
  const line = JSON.stringify(value)
  if (typeof value !== 'object' || value === null || line.length <= LINE_MAX) return [line]
  if (Array.isArray(value)) return value.flatMap((item) => beneath('-', item))
  return Object.entries(value).flatMap(([key, member]) => beneath(key, member))
}

/** Returns the lines of a member behind its name. */
export function beneath(name: string, value: unknown): string[] {
  const [first = '', ...rest] = readable(value)
  if (rest.length === 0) return [`${name} ${first}`]
  return [name, ...[first, ...rest].map((line) => `${INDENT}${line}`)]
}
