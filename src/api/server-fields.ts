/** What a server is told by a configuration or by a program: one rule each, whoever gives it. */
import { z } from 'zod'

export const serverPort = z.number().int().min(0).max(65_535)

/** Headers, addresses and cookies take it as it is, and nobody guesses it: an empty one is what a client sends that has none. */
export const serverToken = z.string().regex(/^[\w.~-]{16,}$/, 'at least 16 letters, digits and - . _ ~')

export const serverOrigins = z.array(
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && new URL(text).origin === text,
      'an origin such as https://inspector.example.org, without a path',
    ),
)
