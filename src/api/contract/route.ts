/** The description of a route: its request, its answers, and the codes of its refusals. */
import type { z } from 'zod'
import type { Frozen } from './fields.ts'

/** A request as an example. @example { path: '/actors/order%2Fsim:o-1/release', body: { by: 'ann' } } */
export interface Example {
  /** The path with its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** The route's path. `{name}` is one percent-encoded segment. */
  readonly path: string
  /** The purpose of the route, in one sentence. */
  readonly summary: string
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly headers?: z.ZodType
  readonly body?: z.ZodType
  /** Answers by status, as JSON; as bytes when `isBinary` is set, or as `text`. */
  readonly answers: { readonly 200: z.ZodType } & { readonly [status: number]: z.ZodType }
  readonly isBinary?: true
  /** Media types of the answer, where it is text and no JSON. */
  readonly text?: readonly string[]
  /** A request that a reader may try at a running runner. Without it, one is made of the schemas. */
  readonly example?: Example
  /** Codes of its refusals, besides those of every route. */
  readonly refusals: readonly string[]
}

/** Codes with which every route may refuse. Any answer may need a record that is deleted by then. */
export const REFUSALS_OF_ALL = [
  'REQUEST_INVALID',
  'REQUEST_LATE',
  'HEADERS_TOO_LARGE',
  'HOST_REFUSED',
  'ORIGIN_REFUSED',
  'SITE_REFUSED',
  'NOT_AUTHORISED',
  'ACCESS_REFUSED',
  'ROUTE_UNKNOWN',
  'LIMIT_EXCEEDED',
  'LOG_CUT',
  'SERVER_BUSY',
  'STOPPED',
  'INTERNAL',
] as const

/** Codes by which every route that takes a body may refuse it. */
export const REFUSALS_OF_BODIES = ['JSON_INVALID', 'MEDIA_TYPE_UNKNOWN', 'BODY_TOO_LARGE'] as const

/** The answer of a route with the status 200. */
export type AnswerOf<R extends Route> = Frozen<z.output<R['answers'][200]>>
/** The values of a client's request. They become text in the URL. */
export type QueryOf<R extends Route> = R['query'] extends z.ZodType
  ? { readonly [K in keyof z.output<R['query']>]?: Given<R['query'], K> }
  : undefined
/** A time may be a text, too. */
type Given<Q extends z.ZodType, K extends keyof z.output<Q>> =
  | z.output<Q>[K]
  | (K extends keyof z.input<Q> ? z.input<Q>[K] : never)
export type ParamsOf<R extends Route> = R['params'] extends z.ZodType ? z.input<R['params']> : undefined
export type HeadersOf<R extends Route> = R['headers'] extends z.ZodType ? z.input<R['headers']> : undefined
export type BodyOf<R extends Route> = R['body'] extends z.ZodType ? z.input<R['body']> : undefined
