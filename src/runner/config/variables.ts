/** The variables of the environment that set keys of a configuration, and the keys that they set. */
import { runnerConfig } from './schema.ts'

/** The prefix of the environment variables that set a key. */
export const PREFIX = 'OUTCRY_'

/** Returns the variable of a key: `OUTCRY_MARKET_RATE_PER_SECOND` for `market.ratePerSecond`. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase())
  return PREFIX + words.join('_')
}

/**
 * Returns the path of the key that a variable sets: a section, a key of it, or a key below that. A variable of no key
 * has the path of a key of its section.
 *
 * @example
 * pathOf('OUTCRY_MARKET_RATE_PER_SECOND') // ['market', 'ratePerSecond']
 * pathOf('OUTCRY_SERVER_LIMITS_PING_MS') // ['server', 'limits', 'pingMs']
 */
export function pathOf(variable: string): readonly string[] {
  const [section = '', ...words] = variable.slice(PREFIX.length).toLowerCase().split('_')
  if (words.length === 0) return [section]
  const own = [section, camel(words)]
  if (!isUnknown(own, own)) return own
  for (let n = 1; n < words.length; n++) {
    const above = [section, camel(words.slice(0, n))]
    const path = [...above, camel(words.slice(n))]
    if (!isUnknown(path, above)) return path
  }
  return own
}

/** Returns the settings with this value alone. */
export function settingOf(path: readonly string[], value: unknown): Record<string, unknown> {
  return path.reduceRight((below, key) => ({ [key]: below }), value) as Record<string, unknown>
}

/** Returns whether a configuration with a key at `path` has a problem at `of`, other than the value of the key. */
function isUnknown(path: readonly string[], of: readonly string[]): boolean {
  const issues = runnerConfig.safeParse(settingOf(path, '')).error?.issues ?? []
  const wrong = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...issue.path, key].join('.'))
    return of === path ? [] : [issue.path.join('.')]
  })
  return wrong.includes(of.join('.'))
}

function camel(words: readonly string[]): string {
  return words.map((word, i) => (i === 0 ? word : `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`)).join('')
}
