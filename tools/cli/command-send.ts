import { compact } from '../../errors/compact.ts'
import { RUNNER } from '../../machines/runner/context.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'
import { OutcryError } from '../../store/index.ts'
import { act, allOr, type Message, personOf } from './act.ts'
import type { ActOptions } from './define-command.ts'

/** `outcry send <address> <event>`: sends any event that the actor takes from people, as JSON or as its type alone. */
export async function send(
  address: string,
  text: string,
  options: ActOptions & { readonly key?: string },
): Promise<number> {
  parseAddress(address)
  const { by, reason } = options
  const event = { ...eventIn(text), ...compact({ by, reason }) }
  return act(options, () => [{ to: address, event }])
}

/** `outcry reconcile [reconciliation...]`: compares the books of venues now; of all venues where none is named. */
export async function reconcile(addresses: readonly string[], options: ActOptions): Promise<number> {
  addresses.forEach(parseAddress)
  const event = { type: 'RECONCILE', by: personOf(options), reason: options.reason ?? 'by hand' }
  return act(options, async (client) =>
    (await allOr(client, 'reconciliation', addresses)).map((to) => ({ to, event })),
  )
}

/** `outcry log-level <level>`: sets the level of the runner's own log until it ends, for all components or for one. */
export async function logLevel(
  level: string,
  options: ActOptions & { readonly component?: string },
): Promise<number> {
  const { component, reason } = options
  const event = compact({ type: 'SET_LOG_LEVEL', level, component, by: personOf(options), reason })
  return act(options, () => [{ to: RUNNER, event }])
}

const TYPE = /^[A-Za-z][\w.-]*$/

function eventIn(text: string): Message['event'] {
  if (TYPE.test(text)) return { type: text }
  try {
    const event: unknown = JSON.parse(text)
    if (typeof Object(event).type === 'string') return event as Message['event']
  } catch {
    // The error below says what is expected.
  }
  throw new OutcryError(
    'EVENT_INVALID',
    'the event is neither a type nor a JSON object with a type',
    `Write a type, such as VERIFY, or JSON in single quotes: '{"type":"CANCEL","reason":"not today"}'.`,
  )
}
