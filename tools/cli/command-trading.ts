/** `outcry halt`, `reduce`, `resume`, `pause`, `acknowledge`: what may trade. */
import { compact } from '../../errors/compact.ts'
import type { Client } from '../../src/client/index.ts'
import { kindOf, parseAddress } from '../../src/runtime/record/address.ts'
import { accountsOr, act, type Message, personOf } from './act.ts'
import type { ActOptions } from './define-command.ts'
import { print } from './output.ts'

/** `outcry halt [account...]`, `outcry reduce [account...]`: restricts accounts; all of them where none is named. */
export async function restrict(
  tradingState: 'reducing' | 'halted',
  accounts: readonly string[],
  options: ActOptions,
): Promise<number> {
  accounts.forEach(parseAddress)
  return act(options, async (client) =>
    (await accountsOr(client, accounts)).map((to) => stateOf(to, tradingState, options)),
  )
}

/** `outcry resume [address...]`: lets accounts and strategies trade again; all accounts where none is named. */
export async function resume(addresses: readonly string[], options: ActOptions): Promise<number> {
  addresses.forEach(parseAddress)
  return act(options, async (client) =>
    (await accountsOr(client, addresses)).map((to) =>
      kindOf(to) === 'account'
        ? stateOf(to, 'active', options)
        : { to, event: { type: 'START', by: personOf(options) } },
    ),
  )
}

/** `outcry pause <strategy...>`: strategies look on, and what they hold stays. */
export async function pause(strategies: readonly string[], options: ActOptions): Promise<number> {
  strategies.forEach(parseAddress)
  const event = compact({ type: 'STOP', by: personOf(options), reason: options.reason })
  return act(options, () => strategies.map((to) => ({ to, event })))
}

/** `outcry acknowledge [account...]`: acknowledges the reviews that accounts require; all of them where none is named. */
export async function acknowledge(accounts: readonly string[], options: ActOptions): Promise<number> {
  accounts.forEach(parseAddress)
  const event = compact({ type: 'ACKNOWLEDGE_REVIEW', by: personOf(options), note: options.reason })
  return act(options, async (client) => {
    const reviewed = accounts.length > 0 ? accounts : await requiringReview(client)
    if (reviewed.length === 0 && !options.json) await print('no account requires a review')
    return reviewed.map((to) => ({ to, event }))
  })
}

async function requiringReview(client: Client): Promise<readonly string[]> {
  const { accounts } = await client.ask('accounts')
  return accounts.filter(({ review }) => review !== undefined).map(({ address }) => address)
}

function stateOf(to: string, tradingState: string, options: ActOptions): Message {
  const { reason } = options
  return { to, event: compact({ type: 'SET_TRADING_STATE', tradingState, by: personOf(options), reason }) }
}
