/** Requests to a server, typed by the contract. */
import { type ErrorCode, isErrorCode } from '../../errors/codes.ts'
import { OutcryError } from '../../errors/outcry-error.ts'
import type { AnswerOf, BodyOf, HeadersOf, ParamsOf, QueryOf, Refusal, Route } from '../api/contract/route.ts'
import { type Routes, routes } from '../api/contract/routes.ts'

export type RouteName = keyof Routes

/** What a route is asked with, as its description in the contract has it. */
export interface Asked<R extends Route> {
  readonly params?: ParamsOf<R>
  readonly query?: QueryOf<R>
  readonly headers?: HeadersOf<R>
  readonly body?: BodyOf<R>
  readonly signal?: AbortSignal
}

export interface HttpOptions {
  /** Where the server listens, such as `http://127.0.0.1:7077`. A path in it comes before that of each route. */
  readonly url: string
  /** `server.token` of the runner. A page of the runner itself has a cookie instead. */
  readonly token?: string | undefined
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined
}

export class Http {
  readonly url: string
  readonly token: string | undefined
  readonly #fetch: typeof fetch

  constructor({ url, token, fetch: given }: HttpOptions) {
    this.url = url.replace(/\/$/, '')
    this.token = token
    this.#fetch = given ?? ((input, init) => fetch(input, init))
  }

  /**
   * Returns the answer of a route. The client does not check it against the contract: the server's tests do.
   *
   * @throws RUNNER_UNREACHABLE, and by the code with which the server refuses. The error's `cause` is then all that it answered.
   */
  async answer<N extends RouteName>(name: N, asked: Asked<Routes[N]> = {}): Promise<AnswerOf<Routes[N]>> {
    const response = await this.response(name, asked)
    const answer = (await response.json().catch((error: unknown) => {
      throw unreachable(`the answer of ${this.url} has no end`, error)
    })) as AnswerOf<Routes[N]> | Refusal
    // An answer that took long has begun with 200 before the server knew how it ends.
    if (isRefusal(answer)) throw refused(answer)
    return answer
  }

  /** As `answer`, before the body is read. */
  async response<N extends RouteName>(name: N, asked: Asked<Routes[N]> = {}): Promise<Response> {
    const route: Route = routes[name]
    const { params, query, headers, body, signal } = asked as Loose
    const init: RequestInit = {
      method: route.method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    }
    let response: Response
    try {
      response = await this.#fetch(`${this.url}${pathOf(route.path, params)}${queryOf(query)}`, init)
    } catch (error) {
      if (signal?.aborted) throw error
      throw unreachable(`the runner does not answer at ${this.url}`, error)
    }
    if (response.ok) return response
    const answer: unknown = await response.json().catch(() => undefined)
    if (isRefusal(answer)) throw refused(answer)
    throw unreachable(`what answers at ${this.url} is no runner`, response.status)
  }
}

interface Loose {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

function pathOf(path: string, params: Loose['params'] = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
}

function queryOf(query: Loose['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`
}

function isRefusal(answer: unknown): answer is Refusal {
  return typeof (answer as Partial<Refusal> | null | undefined)?.error?.code === 'string'
}

function refused(answer: Refusal): OutcryError {
  const { message, hint = 'See the log of the runner.', issues = [] } = answer.error
  const code = codeOf(answer)
  const text = code === answer.error.code ? message : `${message} (${answer.error.code})`
  return new OutcryError(code, text, hint, { cause: answer, issues })
}

/** An actor refuses by the type of an event of its own, and a runner of a later version has codes that this one does not have. */
function codeOf(answer: Refusal): ErrorCode {
  const { code } = answer.error
  if (isErrorCode(code)) return code
  const onRecord: ErrorCode = 'COMMAND_REFUSED'
  return 'seq' in answer ? onRecord : 'RUNNER_REFUSED'
}

function unreachable(what: string, cause: unknown): OutcryError {
  return new OutcryError('RUNNER_UNREACHABLE', what, 'It may be starting or stopping; try again.', { cause })
}
