/**
 * Variables in texts of a configuration. What is secret stays in the environment or in a file of its own, and in no
 * configuration, message or log.
 */
import { z } from 'zod'
import { OutcryError } from '../../errors/outcry-error.ts'
import { privateText } from '../api/private-file.ts'

/** `${NAME}` is a variable of the environment, `${file:path}` a file that only its owner may read and write. */
export const VARIABLE = /\$\{(?:file:([^}]+)|([A-Za-z_]\w*))\}/g
const WHOLE = new RegExp(`^${VARIABLE.source}$`)
/** Largest file with a secret, in bytes. */
const BYTES_MAX = 4_096

export function isVariable(text: string): boolean {
  return WHOLE.test(text)
}

/** The schema of a text that is secret as a whole. */
export const secretField = z
  .string()
  .refine(isVariable, 'must be a variable of the environment, ${NAME}, or a file, ${file:path}, that has it')

/**
 * Returns the text with the variables filled in. Called at each opening of a target, so a file may change meanwhile.
 * @param written how a value is written into the text
 * @throws SINK_SECRET_MISSING
 *
 * @example
 * filledIn('redis://:${SECRET}@db.example:6379', { SECRET: 'a/b' }, encodeURIComponent) // 'redis://:a%2Fb@db.example:6379'
 */
export function filledIn(
  text: string,
  env: NodeJS.ProcessEnv,
  written: (value: string) => string = (value) => value,
): string {
  return text.replace(VARIABLE, (_, file: string | undefined, name: string) =>
    written(file === undefined ? variableIn(env, name) : textOf(file)),
  )
}

function variableIn(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value === undefined || value === '')
    throw missing(`the variable ${name} of the environment is not set`, 'Set it, and restart the runner.')
  return value
}

function textOf(file: string): string {
  const refuse = (what: string, hint: string, cause?: unknown) =>
    missing(`the file ${file} ${what}`, hint, cause)
  const text = privateText(file, BYTES_MAX, refuse).trim()
  if (text === '') throw refuse('is empty', 'Write the secret into it, and restart the component.')
  return text
}

function missing(what: string, hint: string, cause?: unknown): OutcryError {
  return new OutcryError('SINK_SECRET_MISSING', what, hint, { cause })
}
