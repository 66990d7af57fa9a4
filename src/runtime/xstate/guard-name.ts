/** The names of guards, as a machine's definition and the transitions that it took have them. Pure. */

interface Composite {
  readonly type?: string
  readonly name?: string
  readonly guards?: readonly unknown[]
  readonly stateValue?: unknown
  readonly params?: unknown
}

/**
 * Returns the text of a guard. `and`, `or`, `not`, `stateIn` and parameters are spelled out. A guard without a name is
 * "(inline)".
 */
export function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard
  const { type, name = '', guards = [], stateValue, params } = guard as Composite
  const parts = guards.map(guardName)
  if (name === 'not') return `not ${parts[0]}`
  if (name === 'and' || name === 'or') return `(${parts.join(` ${name} `)})`
  if (name === 'stateIn')
    return `in ${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)}`
  if (type !== undefined) return typeof params === 'object' ? `${type} ${paramsText(params)}` : type
  return name === '' || name === 'guard' ? '(inline)' : name
}

/** Returns parameters as text, such as `to filled, from accepted`. */
function paramsText(params: object | null): string {
  return Object.entries(params ?? {})
    .map((entry) => entry.join(' '))
    .join(', ')
}
