/** Acts on a running runner: the part that all commands which act share. */
import { userInfo } from 'node:os'
import { EXIT } from '../../errors/codes.ts'
import type { BodyOf } from '../../src/api/contract/route.ts'
import type { Routes } from '../../src/api/contract/routes.ts'
import type { Client } from '../../src/client/index.ts'
import { isOutcryError, OutcryError } from '../../store/index.ts'
import type { ActOptions } from './define-command.ts'
import { countText, stateText } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { print, printJson } from './output.ts'
import { openLog } from './runner-client.ts'

/** An event and the address of its actor. */
export interface Message {
  readonly to: string
  readonly event: BodyOf<Routes['send']>
}

/** One thing to do. */
export interface Task {
  /** Address of the actor or number of the record that it is about. */
  readonly to: string
  /** Does it, and resolves with what came of it: for people, and with more facts for `--json`. */
  readonly run: () => Promise<{ readonly text: string; readonly facts: object }>
}

/**
 * Sends each event, and prints what its actor made of it. An actor that refuses does not keep the others from theirs.
 *
 * @throws RUNNER_NONE when no runner with a server holds the folder, or the refusal of the only actor
 */
export function act(
  options: ActOptions & { readonly key?: string },
  messagesOf: (client: Client) => Promise<readonly Message[]> | readonly Message[],
): Promise<number> {
  return carryOut(options, async (client) =>
    (await messagesOf(client)).map(({ to, event }) => ({
      to,
      run: async () => {
        const { key } = options
        const { seq, state, duplicate } = await client.send(to, event, key === undefined ? {} : { key })
        const is = state === undefined ? '' : `: it is ${stateText(state)}`
        const again = duplicate ? ' already' : ''
        const text = `${to} has taken ${event.type}${again}, with seq ${countText(seq)} at ${client.url}${is}`
        return { text, facts: { address: to, seq, state, duplicate } }
      },
    })),
  )
}

/**
 * Does each thing, and prints what came of it. One that is refused does not keep the others from being done.
 *
 * @throws RUNNER_NONE when no runner with a server holds the folder, or the refusal of the only one
 */
export async function carryOut(
  options: ActOptions,
  tasksOf: (client: Client) => Promise<readonly Task[]> | readonly Task[],
): Promise<number> {
  const client = await runnerOf(options, 'no actor can take a command')
  const tasks = await tasksOf(client)
  let refused = 0
  for (const { to, run } of tasks) {
    try {
      const { text, facts } = await run()
      if (options.json) await printJson({ ...facts, source: client.url })
      else await print(text)
    } catch (error) {
      if (tasks.length === 1 || !isOutcryError(error)) throw error
      refused++
      const { code, message } = error
      if (options.json) await printJson({ address: to, error: { code, message } })
      else await print(`${to}: ${code}: ${message}`)
    }
  }
  return refused === 0 ? EXIT.fine : EXIT.problem
}

/** Resolves with the runner that holds the folder. `so` is what cannot be without one. @throws RUNNER_NONE */
export async function runnerOf(options: ReadOptions, so: string): Promise<Client> {
  const { data } = await named(options)
  const client = await openLog(data)
  if (!('store' in client)) return client
  await client.store.close()
  throw new OutcryError(
    'RUNNER_NONE',
    `no runner holds ${data}, so ${so}`,
    `Start it: outcry run --data ${data}. Or name the folder of the runner with --data or --config.`,
  )
}

/** Returns the name of the person at the command line. @throws OPTION_INVALID when the user id has no name */
export function personOf({ by }: ActOptions): string {
  if (by !== undefined) return by
  try {
    return userInfo().username
  } catch (error) {
    throw new OutcryError('OPTION_INVALID', 'your user id has no login name', 'Say who you are: --by ann.', {
      cause: error,
    })
  }
}

/** Returns the addresses of all accounts of the runner, where none is named. */
export function accountsOr(client: Client, given: readonly string[]): Promise<readonly string[]> {
  return allOr(client, 'account', given)
}

/** Returns the addresses of all actors of a kind, where none is named. */
export async function allOr(
  client: Client,
  kind: string,
  given: readonly string[],
): Promise<readonly string[]> {
  if (given.length > 0) return given
  const found: string[] = []
  for await (const { address } of client.actors({ kind })) found.push(address)
  return found
}
