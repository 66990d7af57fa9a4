/** Finds the secret values of a configuration, so that they are hidden wherever they appear. */
import { readFileSync } from 'node:fs'
import { VARIABLE } from '../../sinks/variables.ts'
import type { RunnerConfig } from '../config/schema.ts'
import { SECRET_NAME } from './redactor.ts'

/** A value of a query at least as long as this may be a key, whatever its name. */
const LONG = 16
/** Shortest path of a URL that can be a key of a chat. */
const PATH_LONG = 12

/**
 * Returns the secret values: texts of fields with the name of a secret, what their variables and files hold at this
 * moment, and what URLs say of who asks.
 */
export function secretsOf(config: RunnerConfig, env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const { sinks, ...rest } = config
  return [...secretsIn(rest, env), ...secretsIn(sinks, env), ...webAddressesIn(sinks)].filter(Boolean)
}

function secretsIn(value: unknown, env: NodeJS.ProcessEnv, isSecret = false): readonly string[] {
  if (typeof value === 'string')
    return [...variablesIn(value, env).flatMap(wholeOf), ...(isSecret ? wholeOf(value) : partsOf(value))]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, below]) => {
    // The places of secrets, as tokens name them.
    if (name === 'env' && typeof below === 'string') return wholeOf(env[below]?.trim() ?? '')
    if (name === 'file' && typeof below === 'string') return linesOf(below).flatMap(wholeOf)
    // The other fields of an object with a secret, such as a token's access, are none.
    return secretsIn(below, env, SECRET_NAME.test(name) || (isSecret && Array.isArray(value)))
  })
}

/** Returns what the variables in a text hold, as sinks write them. */
function variablesIn(text: string, env: NodeJS.ProcessEnv): readonly string[] {
  return [...text.matchAll(VARIABLE)].flatMap(([, file, name]) =>
    file === undefined ? [env[name as string]?.trim() ?? ''] : linesOf(file),
  )
}

/** Returns the addresses of webhooks: whoever knows one can write to it. */
function webAddressesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return /^https?:/i.test(value) ? wholeOf(value) : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(webAddressesIn) : []
}

/** Returns a secret text, and of an address the parts that others name alone. */
function wholeOf(text: string): readonly string[] {
  if (!URL.canParse(text)) return [text, encodeURIComponent(text)]
  const { pathname, search } = new URL(text)
  return [text, pathname, `${pathname}${search}`]
    .filter((part) => part.length >= PATH_LONG)
    .concat(partsOf(text))
}

/** Returns the parts of a URL that say who asks. */
function partsOf(text: string): readonly string[] {
  if (!URL.canParse(text)) return []
  const { protocol, username, password, searchParams } = new URL(text)
  const asked = [...searchParams].flatMap(([name, value]) =>
    SECRET_NAME.test(name) || /key|auth|sig/i.test(name) || value.length >= LONG ? [value] : [],
  )
  // A name alone is often the key of a web service, as in https://<key>@host. Of a database it is a name, and often
  // that of the product, which half of the lines have.
  const isKey = password === '' && /^https?:$/.test(protocol)
  const who = isKey ? [username] : [password, decoded(password)]
  return [...who, ...asked]
}

/** Returns the lines of a file. One that cannot be read is refused by whoever opens it for its secret. */
function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split(/\s+/)
  } catch {
    return []
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
