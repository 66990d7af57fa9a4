/** Sends events to the actors of a running runner: the part that all commands which act share. */
import { userInfo } from 'node:os'
import { EXIT } from '../../errors/codes.ts'
import type { BodyOf } from '../../src/api/contract/route.ts'
import type { Routes } from '../../src/api/contract/routes.ts'
import { Client } from '../../src/client/index.ts'
import { isOutcryError, OutcryError } from '../../store/index.ts'
import type { ActOptions } from './define-command.ts'
import { countText, stateText } from './format.ts'
import { named } from './named.ts'
import { print, printJson } from './output.ts'
import { openLog } from './runner-client.ts'

/** An event and the address of its actor. */
export interface Message {
  readonly to: string
  readonly event: BodyOf<Routes['send']>
}

/**
 * Sends each event, and prints what its actor made of it. An actor that refuses does not keep the others from theirs.
 *
 * @throws RUNNER_NONE when no runner with a server holds the folder, or the refusal of the only actor
 */
export async function act(
  options: ActOptions & { readonly key?: string },
  messagesOf: (client: Client) => Promise<readonly Message[]> | readonly Message[],
): Promise<number> {
  const { data } = named(options)
  const client = await openLog(data)
  if (!(client instanceof Client)) {
    await client.store.close()
    throw new OutcryError(
      'RUNNER_NONE',
      `no runner holds ${data}, so no actor can take a command`,
      `Start it: outcry run --data ${data}. Or name the folder of the runner with --data or --config.`,
    )
  }
  const messages = await messagesOf(client)
  let refused = 0
  for (const { to, event } of messages) {
    try {
      const { key } = options
      const { seq, state, duplicate } = await client.send(to, event, key === undefined ? {} : { key })
      if (options.json) await printJson({ address: to, seq, state, duplicate, source: client.url })
      else {
        const is = state === undefined ? '' : `: it is ${stateText(state)}`
        const again = duplicate ? ' already' : ''
        await print(`${to} has taken ${event.type}${again}, with seq ${countText(seq)} at ${client.url}${is}`)
      }
    } catch (error) {
      if (messages.length === 1 || !isOutcryError(error)) throw error
      refused++
      const { code, message } = error
      if (options.json) await printJson({ address: to, error: { code, message } })
      else await print(`${to}: ${code}: ${message}`)
    }
  }
  return refused === 0 ? EXIT.fine : EXIT.problem
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
export async function accountsOr(client: Client, given: readonly string[]): Promise<readonly string[]> {
  if (given.length > 0) return given
  const found: string[] = []
  for await (const { address } of client.actors({ kind: 'account' })) found.push(address)
  return found
}
