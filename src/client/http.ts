/** Requests to a server, typed by the contract. */

import { type ErrorCode, isErrorCode } from '../../errors/codes.ts'
import { compact } from '../../errors/compact.ts'
import { type Issue, OutcryError } from '../../errors/outcry-error.ts'
import { issuesOf, issuesText, PLAINLY } from '../../errors/zod-issues.ts'
import type { Problem } from '../api/contract/problem.ts'
import type { AnswerOf, BodyOf, HeadersOf, ParamsOf, QueryOf, Route } from '../api/contract/route.ts'
import { type Routes, routes } from '../api/contract/routes.ts'
import { jsonOf } from './json.ts'

export type RouteName = keyof Routes

/** The parts of a request to a route, as the contract describes them. */
export interface Asked<R extends Route> {
  readonly params?: ParamsOf<R>
  readonly query?: QueryOf<R>
  readonly headers?: HeadersOf<R>
  readonly body?: BodyOf<R>
  readonly signal?: AbortSignal
}

export interface HttpOptions {
  /** URL of the server, such as `http://127.0.0.1:7077`. A path in it comes before the path of each route. */
  readonly url: string
  /**
   * A token of the server. A function is called for each request and each connection, so that a token can be rotated
   * while the client runs. A page that the server serves has a cookie instead.
   * @example () => readFileSync('/home/bot/ann.token', 'utf8').trim()
   */
  readonly token?: string | (() => string) | undefined
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined
}

export const TOKEN = /^[\x21-\x7e]+$/
export const TOKEN_RULE = 'letters that a header takes: ASCII without spaces'

export class Http {
  readonly url: string
  readonly #token: HttpOptions['token']
  readonly #fetch: typeof fetch

  constructor({ url, token, fetch: given }: HttpOptions) {
    this.url = new URL(url).href.replace(/\/+$/, '')
    this.#token = token
    this.#fetch = given ?? ((input, init) => fetch(input, init))
  }

  /** Returns the token of this moment. @throws OPTION_INVALID when the function returns none */
  get token(): string | undefined {
    if (typeof this.#token !== 'function') return this.#token
    const token: unknown = this.#token()
    if (typeof token === 'string' && TOKEN.test(token)) return token
    const issues = [{ field: 'token', rule: `must return ${TOKEN_RULE}` }]
    throw new OutcryError(
      'OPTION_INVALID',
      `the function token of createClient must return ${TOKEN_RULE}`,
      'Check where it reads the token.',
      { issues },
    )
  }

  /**
   * Returns the answer of a route, checked against the contract. Unknown keys of a later version are kept.
   *
   * @throws RUNNER_UNREACHABLE, ANSWER_INVALID, or the code of the server's refusal. Then the error's `cause` is the
   * whole answer.
   */
  async answer<N extends RouteName>(name: N, asked: Asked<Routes[N]> = {}): Promise<AnswerOf<Routes[N]>> {
    const { signal } = asked as Loose
    const answer = await this.#json(name, await this.response(name, asked), signal)
    const { error } = (routes[name] as Route).answers[200].safeParse(answer, PLAINLY)
    if (error === undefined) return answer as AnswerOf<Routes[N]>
    // A slow answer has status 200 from before the server knew its result.
    if (isProblem(answer)) throw refused(answer)
    throw notBy(name, issuesText(issuesOf(error, 'answer')), issuesOf(error, 'answer'))
  }

  async #json(name: RouteName, response: Response, signal: AbortSignal | undefined): Promise<unknown> {
    try {
      return await response.json()
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (error instanceof SyntaxError) throw notBy(name, 'it is not JSON')
      throw unreachable(`the answer of ${this.url} ended too early`, error)
    }
  }

  /** Returns the response of a route before its body is read. Throws as `answer` does. */
  async response<N extends RouteName>(name: N, asked: Asked<Routes[N]> = {}): Promise<Response> {
    if (!Object.hasOwn(routes, name))
      throw new OutcryError(
        'ROUTE_UNKNOWN',
        `the contract has no route "${name}"`,
        'docs/api.md lists all routes.',
      )
    const route: Route = routes[name]
    const { params, query, headers, body, signal } = asked as Loose
    const text = body === undefined ? undefined : jsonOf(body)
    const { token } = this
    // The path of an invalid address could be the path of another route.
    checkAsked(name, route.params, params)
    checkAsked(name, route.headers, headers)
    const init: RequestInit = compact({
      method: route.method,
      headers: {
        ...(text !== undefined && { 'content-type': 'application/json' }),
        ...headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: text,
      // A runner does not redirect. A request that is sent again elsewhere could become a different one.
      redirect: 'manual',
      signal,
    })
    let response: Response
    try {
      response = await this.#fetch(`${this.url}${pathOf(route.path, params)}${queryOf(query)}`, init)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw unreachable(`the runner does not answer at ${this.url}`, error)
    }
    if (response.ok) return response
    const answer: unknown = await response.json().catch(() => undefined)
    if (isProblem(answer)) throw refused(answer)
    throw unreachable(`the server at ${this.url} is not a runner`, response.status)
  }
}

interface Loose {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** @throws REQUEST_INVALID with the fields, and ADDRESS_INVALID */
function checkAsked(name: RouteName, schema: Route['params'], given: object = {}): void {
  const error = schema?.safeParse(given, PLAINLY).error
  if (error === undefined) return
  const issues = issuesOf(error, 'request')
  throw new OutcryError('REQUEST_INVALID', `${name}: ${issuesText(issues)}`, 'Change the fields named.', {
    issues,
  })
}

function pathOf(path: string, params: Loose['params'] = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
}

function queryOf(query: Loose['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`
}

function isProblem(answer: unknown): answer is Problem {
  const { code, detail } = (answer ?? {}) as Partial<Problem>
  return typeof code === 'string' && typeof detail === 'string'
}

function refused(answer: Problem): OutcryError {
  const { detail, hint = 'See the log of the runner.', issues = [] } = answer
  const code = codeOf(answer)
  const text = code === answer.code ? detail : `${detail} (${answer.code})`
  return new OutcryError(code, text, hint, { cause: answer, issues })
}

/**
 * Returns the code of a refusal. An actor refuses with the type of one of its events, and a later runner may have
 * unknown codes.
 */
function codeOf(answer: Problem): ErrorCode {
  const { code } = answer
  if (isErrorCode(code)) return code
  const onRecord: ErrorCode = 'COMMAND_REFUSED'
  return 'seq' in answer ? onRecord : 'RUNNER_REFUSED'
}

/** Returns the error for an answer that breaks the contract. */
export function notBy(name: RouteName, why: string, issues: readonly Issue[] = []): OutcryError {
  return new OutcryError(
    'ANSWER_INVALID',
    `the answer of ${routes[name].path} breaks the contract: ${why}`,
    'Check that a runner of this version listens there.',
    { issues },
  )
}

function unreachable(what: string, cause: unknown): OutcryError {
  return new OutcryError('RUNNER_UNREACHABLE', what, 'It may be starting or stopping; try again.', { cause })
}
