/** Addresses of targets, in which secrets are variables. */
import { z } from 'zod'
import { isOutcryError } from '../../errors/outcry-error.ts'
import type { Writer } from './sink.ts'
import { filledIn, isVariable, VARIABLE } from './variables.ts'

/** A word in the place of a variable, which may have characters that no address has. */
const STAND_IN = 'outcry-variable-7f3a'

/** An address as it is used, and its secrets. */
export interface Address {
  readonly url: string
  /** Returns the text without what the environment has set in the address. */
  hide(text: string): string
}

/** Returns the schema of an address with one of these protocols, in which a password is a variable. */
export function addressField(...protocols: readonly string[]): z.ZodString {
  return z
    .string()
    .refine(
      (text) => isVariable(text) || protocols.includes(urlOf(standIn(text))?.protocol.slice(0, -1) ?? ''),
      `must be an address of ${protocols.join(' or ')}, or a variable of the environment, \${NAME}, that has one`,
    )
    .refine(
      (text) => isVariable(text) || passwordsOf(standIn(text)).every((one) => one === STAND_IN),
      'must have its password in a variable of the environment, ${NAME}, or in a file, ${file:path}',
    )
}

/**
 * Returns an address with the variables filled in. A variable that is a part of the address is encoded as such.
 * @throws SINK_SECRET_MISSING
 */
export function addressOf(text: string, env: NodeJS.ProcessEnv): Address {
  const secrets: string[] = []
  const isWhole = isVariable(text)
  const url = filledIn(text, env, (value) => {
    const encoded = encodeURIComponent(value)
    secrets.push(value, encoded)
    if (!isWhole) return encoded
    for (const password of passwordsOf(value)) secrets.push(password, encodeURIComponent(password))
    return value
  })
  // The longest first, so that no part of one is left.
  const hidden = [...new Set(secrets)].sort((a, b) => b.length - a.length)
  return { url, hide: (of) => hidden.reduce((left, secret) => left.replaceAll(secret, '***'), of) }
}

function standIn(text: string): string {
  return text.replace(VARIABLE, STAND_IN)
}

/** Returns the passwords of an address, as they are. */
function passwordsOf(url: string): string[] {
  const { password = '', searchParams } = urlOf(url) ?? {}
  const all = [decoded(password), searchParams?.get('password') ?? '']
  return all.filter((one) => one !== '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that begins nothing stands for itself.
    return text
  }
}

/**
 * Returns an error of a client without secrets. Clients put commands, and so passwords, into properties of their errors,
 * and a logger writes these.
 */
function plain(error: unknown, { hide }: Address): Error {
  if (isOutcryError(error)) return error
  const { message, code, errors } = error as NodeJS.ErrnoException & { errors?: readonly Error[] }
  // A name with several addresses has an error for each.
  return new Error(hide(message || errors?.[0]?.message || code || String(error)))
}

/** Resolves as the work does. Its errors have no secrets. */
export function hiding<T>(address: Address, work: Promise<T>): Promise<T> {
  return work.catch((error) => {
    throw plain(error, address)
  })
}

/** Returns the writer of a target that keeps its position. Its errors have no secrets. */
export function hidingWriter(address: Address, writer: Required<Pick<Writer, 'position'>> & Writer): Writer {
  return {
    position: () => hiding(address, writer.position()),
    write: (batch) => hiding(address, writer.write(batch)),
    close: () => hiding(address, writer.close()),
  }
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
