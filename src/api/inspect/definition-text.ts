/**
 * Returns a definition as JSON, whatever its author has put there: a function is written as its name, as the protocols
 * do, a bigint as its digits, and an object within itself as "[circular]".
 */
export function definitionText(definition: object): string {
  const around: unknown[] = []
  return JSON.stringify(definition, function (this: unknown, _key, value: unknown) {
    if (typeof value === 'function') return { type: value.name }
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return value
    while (around.length > 0 && around.at(-1) !== this) around.pop()
    if (around.includes(value)) return '[circular]'
    around.push(value)
    return value
  })
}
