/** The rules for a server's settings. They hold for a configuration and for a program's options alike. */
import { z } from 'zod'

export const serverPort = z.number().int().min(0).max(65_535)

export const TOKEN_RULE = 'at least 16 letters, digits and - . _ ~'

/**
 * A token that headers, URLs and cookies can carry unchanged, and that is too long to guess. An empty token would match
 * a client without one.
 */
export const serverToken = z.string().regex(/^[\w.~-]{16,}$/, TOKEN_RULE)

/** `read`: requests that change nothing, the feed and the inspection. `control`: everything. */
export type Access = 'read' | 'control'

/** A token as a configuration names it: `file` or `env` has its text. */
export interface NamedToken {
  readonly name: string
  readonly access: Access
  /** Path of a file with one token a line. */
  readonly file?: string | undefined
  /** Name of a variable of the environment. */
  readonly env?: string | undefined
}

/** Names that the server gives to tokens itself. */
const OWN_NAMES: readonly string[] = ['operator', 'cli']

export const serverTokens = z.array(
  z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9][\w.@+-]{0,63}$/, '1 to 64 letters, digits and . _ @ + -')
        .refine((name) => !OWN_NAMES.includes(name.toLowerCase()), 'must not be operator or cli')
        .describe(
          'The name of the person or program that has the token. It is the `by` of its commands. Several tokens can have one name.',
        ),
      access: z
        .enum(['read', 'control'])
        .describe('`read`: GET requests, the feed and the inspection. `control`: also commands.'),
      file: z
        .string()
        .min(1)
        .optional()
        .describe(
          'A file with one token a line, which only the user of the runner can read (mode 600). A change counts at once, without a restart.',
        ),
      env: z
        .string()
        .regex(
          /^(?!OUTCRY_)[A-Za-z_]\w*$/i,
          'the name of a variable that does not begin with OUTCRY_, as settings do',
        )
        .optional()
        .describe('A variable of the environment that has the token.'),
    })
    .refine(
      ({ file, env }) => (file === undefined) !== (env === undefined),
      'must have file or env, not both',
    ),
)

export const serverOrigins = z.array(
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && new URL(text).origin === text,
      'an origin such as https://inspector.example.org, without a path',
    ),
)
