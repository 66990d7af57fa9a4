/** Reports the problems of a configuration, one a line, each with the flag and the variable that set its key. */

import { UNKNOWN_KEY } from '../../../errors/zod-issues.ts'
import { type Issue, OutcryError } from '../../../store/index.ts'
import { pathOf, variableOf } from './variables.ts'

/** The flags of `outcry run`, by the key that each sets. */
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

/** Returns a CONFIG_INVALID error with these problems. `env` is the environment that was read, too. */
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

/** Returns a CONFIG_INVALID error for a file that is no configuration. */
export function unreadableConfig(file: string, why: string): OutcryError {
  return new OutcryError(
    'CONFIG_INVALID',
    `the configuration ${file} ${why}`,
    'Copy from docs/outcry.yaml.',
    { issues: [{ field: 'config', rule: why }] },
  )
}

/** Returns ` (--seed, OUTCRY_MARKET_SEED)`. Only a file sets the keys of lists and of names that a user chooses. */
function setBy(field: string): string {
  const path = field.split('.')
  const flag = FLAGS[field]
  const variable = variableOf(path)
  const isKey = path.every((part) => /^[a-zA-Z]\w*$/.test(part)) && pathOf(variable).join('.') === field
  const names = [...(flag === undefined ? [] : [flag]), ...(isKey ? [variable] : [])]
  return names.length === 0 ? '' : ` (${names.join(', ')})`
}

/** Returns ` (OUTCRY_MARKT_SEED)` when the environment set a key that does not exist. */
function setInVain(field: string, env: NodeJS.ProcessEnv): string {
  const variable = variableOf(field.split('.'))
  const names = Object.keys(env).filter((name) => name === variable || name.startsWith(`${variable}_`))
  return names.length === 0 ? '' : ` (${names.join(', ')})`
}
