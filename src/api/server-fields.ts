/** The rules for a server's settings. They hold for a configuration and for a program's options alike. */
import { z } from 'zod'

export const serverPort = z.number().int().min(0).max(65_535)

/**
 * A token that headers, URLs and cookies can carry unchanged, and that is too long to guess. An empty token would match
 * a client without one.
 */
export const serverToken = z.string().regex(/^[\w.~-]{16,}$/, 'at least 16 letters, digits and - . _ ~')

export const serverOrigins = z.array(
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && new URL(text).origin === text,
      'an origin such as https://inspector.example.org, without a path',
    ),
)
