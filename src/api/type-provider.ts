/**
 * Makes Fastify check requests with the zod objects of the contract, and gives handlers the parsed values.
 *
 * fastify-type-provider-zod does the same, but not in our words: it calls `safeParse` without the context that says
 * what a field must be (zod-issues.ts), and answers with a code of Fastify's.
 */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodType, z } from 'zod'
import { isOutcryError } from '../../errors/outcry-error.ts'
import type { Route } from './contract/route.ts'
import { requestOf } from './routes/request.ts'

export interface ContractTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends ZodType ? z.output<this['schema']> : unknown
  readonly serializer: unknown
}

/** A server whose requests are checked with the contract. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ContractTypes
>

export function withContract(http: FastifyInstance): Api {
  http.setValidatorCompiler<ZodType>(({ schema }) => (input: unknown) => {
    try {
      return { value: requestOf(schema, input) }
    } catch (error) {
      // Fastify answers with a returned error. A thrown error would end the process.
      if (isOutcryError(error)) return { error }
      throw error
    }
  })
  return http.withTypeProvider<ContractTypes>()
}

/** Returns the path of a route in Fastify's syntax. */
export function pathOf({ path }: Route): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

/** Path segments that follow the address of an actor, by method. */
const BEHIND_ADDRESS: Readonly<Record<string, readonly string[]>> = {
  GET: ['history', 'machine'],
  HEAD: ['history', 'machine'],
  POST: ['events', 'release', 'restart', 'stop'],
}
/** Any other method is refused on these paths, whatever it is. */
const BEHIND_ANY = Object.values(BEHIND_ADDRESS).flat()
const ACTOR_PATH = /^(\/actors\/)([^?#]+)(.*)$/s

/** Returns whether the address of an actor that does not exist is the path of a route for another method. */
export function isForPost(address: string): boolean {
  const [, , ...behind] = address.split('/')
  return behind.length > 0 && BEHIND_ADDRESS.POST?.includes(behind.at(-1) as string) === true
}

/**
 * Returns the path of a request with the actor's address in one segment: `/actors/order/o-1/history` becomes
 * `/actors/order%2Fo-1/history`. People write the first form; the contract has the second.
 */
export function withOneSegment(method: string | undefined, url: string): string {
  const [, before, path, query = ''] = ACTOR_PATH.exec(url) ?? []
  if (before === undefined || path === undefined) return url
  const segments = path.split('/')
  // In the contract's form only a route has a second segment.
  const isContracts = segments.length === 2 && /%2f/i.test(segments[0] as string)
  const words = (!isContracts && BEHIND_ADDRESS[method ?? '']) || BEHIND_ANY
  const hasMore = segments.length > 1 && words.includes(segments.at(-1) as string)
  const behind = hasMore ? `/${segments.pop()}` : ''
  return `${before}${segments.join('%2F')}${behind}${query}`
}
