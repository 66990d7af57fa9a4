/**
 * A file with tokens, one a line. Nobody but the user of this process may read or write it. A change of the file counts
 * from the next look on. A file that breaks a rule has no tokens.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { OutcryError } from '../../errors/outcry-error.ts'
import { privateText } from './private-file.ts'
import { serverToken, TOKEN_RULE } from './server-fields.ts'

/** Largest file, in bytes. */
const BYTES_MAX = 4_096
/** Most tokens in a file. During a rotation there are two. */
const TOKENS_MAX = 16
/**
 * ms after a change during which every look reads the file. Times of files have steps of some ms, so a second change may
 * leave the same time.
 */
const SETTLED_MS = 100

export class TokenFile {
  readonly #path: string
  #mark: string | undefined
  #changedAt = 0
  /** Digests of the tokens in the file. */
  digests: readonly Buffer[] = []
  /** TOKEN_INVALID when the file breaks a rule. */
  fault: OutcryError | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Reads the file if it has changed. Returns whether its tokens or its fault are others than before. */
  look(now = performance.now()): boolean {
    const mark = markOf(this.#path)
    if (mark !== this.#mark) this.#changedAt = now
    else if (now - this.#changedAt > SETTLED_MS) return false
    this.#mark = mark
    const { digests, fault } = this
    try {
      this.digests = tokensIn(this.#path).map(digestOf)
      this.fault = undefined
    } catch (error) {
      this.digests = []
      this.fault = error as OutcryError
    }
    const isSame =
      digests.length === this.digests.length &&
      digests.every((one, i) => one.equals(this.digests[i] as Buffer))
    return !isSame || fault?.message !== this.fault?.message
  }
}

/** Returns bytes of equal length for every token, which a comparison in constant time needs. */
export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Returns a text that differs after each change of the file, of its owner and of its mode. */
function markOf(path: string): string {
  try {
    const { dev, ino, size, ctimeNs } = statSync(path, { bigint: true })
    return `${dev} ${ino} ${size} ${ctimeNs}`
  } catch (error) {
    return codeOf(error)
  }
}

/** Returns the tokens in a file. @throws TOKEN_INVALID */
function tokensIn(path: string): readonly string[] {
  const lines = privateText(path, BYTES_MAX, (what, hint, cause) => wrongFile(path, what, hint, cause))
    .split('\n')
    .map((line) => line.trim())
  const tokens = lines.filter((line) => line !== '')
  if (tokens.length === 0) throw wrongFile(path, 'has no token', 'openssl rand -hex 32 makes one.')
  if (tokens.length > TOKENS_MAX)
    throw wrongFile(path, `has more than ${TOKENS_MAX} tokens`, 'Remove those that are not used.')
  // The message must not contain the line.
  const wrong = lines.findIndex((line) => line !== '' && !serverToken.safeParse(line).success)
  if (wrong >= 0)
    throw wrongFile(
      path,
      `has no token in line ${wrong + 1}`,
      `A token has ${TOKEN_RULE}; openssl rand -hex 32 makes one.`,
    )
  return tokens
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}

function wrongFile(path: string, what: string, hint: string, cause?: unknown): OutcryError {
  return new OutcryError('TOKEN_INVALID', `the token file ${path} ${what}`, hint, {
    cause,
    issues: [{ field: 'file', rule: what }],
  })
}
