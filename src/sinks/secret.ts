/** A text of a configuration that may be secret: written there, or the place that has it. */
import { z } from 'zod'
import { OutcryError } from '../../errors/outcry-error.ts'
import { privateText } from '../api/private-file.ts'

/** Largest file with a secret, in bytes. */
const BYTES_MAX = 4_096

export const secret = z.union([
  z.string().min(1),
  z.strictObject({
    env: z
      .string()
      .regex(
        /^(?!OUTCRY_)[A-Za-z_]\w*$/i,
        'the name of a variable that does not begin with OUTCRY_, as settings do',
      )
      .describe('A variable of the environment that has the text.'),
  }),
  z.strictObject({
    file: z
      .string()
      .min(1)
      .describe('A file that has the text. Only its owner may read and write it (mode 600).'),
  }),
])
export type Secret = z.infer<typeof secret>

/**
 * Returns the text. Called at each opening of a target, so a secret is changed without a restart.
 * @param field the key of the configuration, for the message
 * @throws SECRET_INVALID
 */
export function secretOf(secret: Secret, field: string, env: NodeJS.ProcessEnv = process.env): string {
  if (typeof secret === 'string') return secret
  if ('env' in secret) {
    const text = env[secret.env]?.trim()
    if (text) return text
    throw wrong(field, `the variable ${secret.env} of the environment is not set`, 'Set it, and start again.')
  }
  const { file } = secret
  const refuse = (what: string, hint: string, cause?: unknown) => wrong(field, `${file} ${what}`, hint, cause)
  const text = privateText(file, BYTES_MAX, refuse).trim()
  if (text === '') throw refuse('is empty', 'Write the text into it.')
  return text
}

function wrong(field: string, what: string, hint: string, cause?: unknown): OutcryError {
  return new OutcryError('SECRET_INVALID', `${field}: ${what}`, hint, { cause })
}
