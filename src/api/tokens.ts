/**
 * The tokens of a server. Each has a name and an access, and comes from a file, from the environment, or from the
 * setting `token`. No token leaves this file and `token-file.ts`: they keep digests.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { OutcryError } from '../../errors/outcry-error.ts'
import type { Logger } from '../runtime/logger.ts'
import { type Access, type NamedToken, serverToken, TOKEN_RULE } from './server-fields.ts'
import { digestOf, TokenFile } from './token-file.ts'

export interface TokenOptions {
  /** Token of full access, whose name is `operator`. */
  readonly token?: string | undefined
  readonly tokens?: readonly NamedToken[] | undefined
  /** Token of the command line, which finds it in the data folder. Its name is `cli`. */
  readonly cliToken?: string | undefined
}

/** A token that the server knows. */
export interface Token {
  readonly name: string
  readonly access: Access
  readonly digest: Buffer
}

const OPERATOR = 'operator'
export const CLI = 'cli'

interface Source {
  readonly name: string
  readonly access: Access
  readonly file: TokenFile
}

export class Tokens {
  readonly #fixed: readonly Token[]
  readonly #sources: readonly Source[]
  readonly #logger: Logger | undefined
  #all: readonly Token[]
  /** Names of all tokens, also of those whose file has none at the moment, by their plain form. */
  readonly #names: ReadonlyMap<string, string>

  constructor(fixed: readonly Token[], sources: readonly Source[], logger?: Logger) {
    this.#fixed = fixed
    this.#sources = sources
    this.#logger = logger
    this.#all = this.#gather()
    this.#names = new Map([...fixed, ...sources].map(({ name }) => [plain(name), name]))
  }

  /** Returns the token with this text. Takes the same time whichever it is, and whether or not there is one. */
  find(given: string): Token | undefined {
    this.look()
    const digest = digestOf(given)
    let found: Token | undefined
    // No early exit: the time would tell which token it is.
    for (const token of this.#all) if (timingSafeEqual(digest, token.digest)) found = token
    return found
  }

  /** Returns the name of a token that a text is, or looks like. */
  owner(text: string): string | undefined {
    return this.#names.get(plain(text))
  }

  /** Returns whether a token that was found before is still there. */
  has(token: Token): boolean {
    return this.#all.some(({ name, digest }) => name === token.name && digest.equals(token.digest))
  }

  /** Looks whether a file has changed. */
  look(): void {
    let hasChanged = false
    for (const { name, file } of this.#sources) {
      if (!file.look()) continue
      hasChanged = true
      if (file.fault === undefined)
        this.#logger?.info({ owner: name, count: file.digests.length }, 'the tokens in a file have changed')
      else this.#logger?.error({ owner: name, err: file.fault }, 'a token file has no tokens any more')
    }
    if (hasChanged) this.#all = this.#gather()
  }

  #gather(): readonly Token[] {
    const ofFiles = this.#sources.flatMap(({ name, access, file }) =>
      file.digests.map((digest) => ({ name, access, digest })),
    )
    return [...ofFiles, ...this.#fixed]
  }
}

/**
 * Returns the tokens of a server; undefined when it has none.
 * @throws TOKEN_INVALID when one cannot be used, or when two names have the same token
 */
export function openTokens(
  { token, tokens = [], cliToken }: TokenOptions,
  logger?: Logger,
  env: NodeJS.ProcessEnv = process.env,
): Tokens | undefined {
  if (token === undefined && tokens.length === 0) return undefined
  const fixed: Token[] = []
  const sources: Source[] = []
  if (token !== undefined) fixed.push({ name: OPERATOR, access: 'control', digest: digestOf(token) })
  if (cliToken !== undefined) fixed.push({ name: CLI, access: 'control', digest: digestOf(cliToken) })
  for (const [i, { name, access, file, env: variable }] of tokens.entries()) {
    if (file === undefined) fixed.push({ name, access, digest: digestOf(tokenOf(env, variable, i)) })
    else sources.push({ name, access, file: opened(file, i) })
  }
  const opening = new Tokens(fixed, sources, logger)
  checkDistinct([
    ...fixed,
    ...sources.flatMap(({ name, file }) => file.digests.map((digest) => ({ name, digest }))),
  ])
  return opening
}

/** Returns a text without what a reader does not see: case, width, spaces around it, characters of no width. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .trim()
    .toLowerCase()
}

/** Returns a new token for the command line; undefined when it needs none, or has the setting `token` alone. */
export function newCliToken({ tokens = [] }: TokenOptions): string | undefined {
  return tokens.length > 0 ? randomBytes(32).toString('base64url') : undefined
}

function opened(path: string, i: number): TokenFile {
  const file = new TokenFile(path)
  file.look()
  const { fault } = file
  if (fault === undefined) return file
  const issues = fault.issues.map(({ field, rule }) => ({ field: `server.tokens.${i}.${field}`, rule }))
  throw new OutcryError(fault.code, fault.message, fault.hint, { issues, cause: fault.cause })
}

/** The message must not contain the token. @throws TOKEN_INVALID */
function tokenOf(env: NodeJS.ProcessEnv, variable: string | undefined, i: number): string {
  const text = variable === undefined ? undefined : env[variable]
  if (text !== undefined && serverToken.safeParse(text).success) return text
  const what = text === undefined ? 'is not set' : `has no token: ${TOKEN_RULE}`
  throw new OutcryError(
    'TOKEN_INVALID',
    `the variable ${variable} ${what}`,
    'openssl rand -hex 32 makes a token.',
    { issues: [{ field: `server.tokens.${i}.env`, rule: what }] },
  )
}

/** @throws TOKEN_INVALID */
function checkDistinct(tokens: readonly Pick<Token, 'name' | 'digest'>[]): void {
  const owners = new Map<string, string>()
  for (const { name, digest } of tokens) {
    const key = digest.toString('hex')
    const owner = owners.get(key) ?? name
    owners.set(key, owner)
    if (owner === name) continue
    throw new OutcryError(
      'TOKEN_INVALID',
      `${owner} and ${name} have the same token`,
      'Give each name a token of its own: openssl rand -hex 32.',
      { issues: [{ field: 'server.tokens', rule: `those of ${owner} and ${name} must differ` }] },
    )
  }
}
