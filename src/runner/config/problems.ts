/** Tells the problems of a configuration, one a line, each with the flag and the variable that set the key. */

import { UNKNOWN_KEY } from '../../../errors/zod-issues.ts'
import { type Issue, OutcryError } from '../../../store/index.ts'

/** Before each variable of the environment that sets a key. */
export const PREFIX = 'OUTCRY_'

/** Flags of `outcry run`, by the key that each sets. */
export const FLAGS: Readonly<Record<string, string>> = {
  data: '--data',
  'runner.storeId': '--store-id',
  'market.source': '--market',
  'market.symbols': '--symbol',
  'market.files': '--file',
  'market.speed': '--speed',
  'market.seed': '--seed',
  'server.host': '--host',
  'server.port': '--port',
  'server.enabled': '--no-server',
}

/** CONFIG_INVALID, for these reasons; `env` is the environment that was read, too. */
export function wrongConfig(
  issues: readonly Issue[],
  file?: string,
  env: NodeJS.ProcessEnv = {},
): OutcryError {
  const where = `the configuration${file === undefined ? '' : ` (${file})`}`
  const lines = issues.map(
    ({ field, rule }) => `${field}: ${rule}${rule === UNKNOWN_KEY ? setInVain(field, env) : setBy(field)}`,
  )
  const what =
    lines.length === 1
      ? `is wrong: ${lines[0]}`
      : `has ${lines.length} problems:\n${lines.map((line) => `  ${line}`).join('\n')}`
  return new OutcryError('CONFIG_INVALID', `${where} ${what}`, 'docs/configuration.md explains every key.', {
    issues,
  })
}

/** Returns the rule of a setting that a log cannot change. */
export function asBefore(was: unknown, data: string): string {
  return `must be ${was}, as it is in the log in ${data}; for another one give another folder with --data`
}

/** CONFIG_INVALID, for a file that is no configuration. */
export function unreadableConfig(file: string, why: string): OutcryError {
  return new OutcryError(
    'CONFIG_INVALID',
    `the configuration ${file} ${why}`,
    'docs/outcry.yaml is one to copy from.',
    { issues: [{ field: 'config', rule: why }] },
  )
}

/** ` (--seed, OUTCRY_MARKET_SEED)`; a variable sets a section's own keys, and a file sets what is below them. */
function setBy(field: string): string {
  const path = field.split('.')
  const flag = FLAGS[field]
  const isKey = path.length <= 2 && path.every((part) => /^[a-zA-Z]\w*$/.test(part))
  const names = [...(flag === undefined ? [] : [flag]), ...(isKey ? [variableOf(path)] : [])]
  return names.length === 0 ? '' : ` (${names.join(', ')})`
}

/** ` (OUTCRY_MARKT_SEED)`: what set a key that there is not, where that was the environment. */
function setInVain(field: string, env: NodeJS.ProcessEnv): string {
  const variable = variableOf(field.split('.'))
  const names = Object.keys(env).filter((name) => name === variable || name.startsWith(`${variable}_`))
  return names.length === 0 ? '' : ` (${names.join(', ')})`
}

/** `OUTCRY_MARKET_RATE_PER_SECOND` for `market.ratePerSecond`. */
function variableOf(path: readonly string[]): string {
  const words = path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase())
  return PREFIX + words.join('_')
}
