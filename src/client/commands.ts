/**
 * The commands of a server as functions, one for each route of the contract that changes something. Each has an
 * idempotency key, so a request whose answer is lost is sent again, and counts once.
 */
import { isOutcryError } from '../../errors/outcry-error.ts'
import type { AnswerOf, BodyOf, ParamsOf, Route } from '../api/contract/route.ts'
import { type Routes, routes } from '../api/contract/routes.ts'
import type { Asked, Http, RouteName } from './http.ts'
import { passed } from './passed.ts'

/** Names of the routes that change something. */
export type CommandName = {
  [N in RouteName]: Routes[N]['method'] extends 'POST' ? N : never
}[RouteName]

export interface CommandOptions {
  /** Idempotency key. A command with a key that was used before changes nothing and gets the first answer. Default: a new one. */
  readonly key?: string
  readonly signal?: AbortSignal
}

/** The parameters in a path, in order. @example NamesIn<'/actors/{address}/events'> // ['address'] */
type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? [Name, ...NamesIn<Rest>]
  : []
type ParamsIn<R extends Route, Names extends readonly string[]> = {
  [I in keyof Names]: Names[I] extends keyof ParamsOf<R> ? ParamsOf<R>[Names[I]] : never
}
type Args<R extends Route> =
  undefined extends BodyOf<R>
    ? [...ParamsIn<R, NamesIn<R['path']>>, body?: BodyOf<R>, options?: CommandOptions]
    : [...ParamsIn<R, NamesIn<R['path']>>, body: BodyOf<R>, options?: CommandOptions]

/**
 * A function for each command: the parameters of its path, its body, its options.
 *
 * @example
 * await client.commands.send('order/sim:o-1', { type: 'CANCEL', reason: 'not today' })
 * await client.commands.restart('emaCross/btc', { reason: 'odd averages' })
 * await client.commands.dropLetter(1234)
 */
export type Commands = {
  readonly [N in CommandName]: (...args: Args<Routes[N]>) => Promise<AnswerOf<Routes[N]>>
}

/** Waits before a command is sent again, in ms. After the last the command fails. */
const WAITS_MS = [250, 1_000, 4_000] as const

export function commandsOf(http: Pick<Http, 'answer'>): Commands {
  const all = Object.entries<Route>(routes).filter(([, { method }]) => method === 'POST')
  return Object.fromEntries(
    all.map(([name, { path }]) => {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param as string)
      const command = (...args: readonly unknown[]) => {
        const params = Object.fromEntries(names.map((param, i) => [param, args[i]]))
        const [body, options] = args.slice(names.length)
        const { key = newKey(), signal } = (options ?? {}) as CommandOptions
        const asked = { params, body, headers: { 'idempotency-key': key }, ...(signal && { signal }) }
        return answered(http, name as CommandName, asked as Asked<Routes[CommandName]>)
      }
      return [name, command]
    }),
  ) as unknown as Commands
}

/** Asks until there is an answer. The request has a key, so it counts once however often it arrives. */
async function answered<N extends CommandName>(
  http: Pick<Http, 'answer'>,
  name: N,
  asked: Asked<Routes[N]>,
): Promise<AnswerOf<Routes[N]>> {
  for (const waitMs of WAITS_MS) {
    try {
      return await http.answer(name, asked)
    } catch (error) {
      if (!isOutcryError(error, 'RUNNER_UNREACHABLE')) throw error
      await passed(waitMs, asked.signal)
      asked.signal?.throwIfAborted()
    }
  }
  return http.answer(name, asked)
}

/** Returns a random key. A page without HTTPS has no `crypto.randomUUID`. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
