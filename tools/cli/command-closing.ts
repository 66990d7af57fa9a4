/** `outcry cancel`, `flatten`, `close`: the end of orders and of positions. */
import { compact } from '../../errors/compact.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'
import { accountsOr, act, personOf } from './act.ts'
import type { ActOptions } from './define-command.ts'

/** `outcry cancel <address...>`: cancels orders and lists. */
export async function cancel(addresses: readonly string[], options: ActOptions): Promise<number> {
  return tell(addresses, 'CANCEL', options)
}

/** `outcry cancel --all [account...]`: cancels the orders of accounts, or of one symbol there; all accounts where none is named. */
export async function cancelAll(
  accounts: readonly string[],
  options: ActOptions & { readonly symbol?: string },
): Promise<number> {
  return tellAccounts(accounts, 'CANCEL_ALL', options)
}

/** `outcry flatten [account...]`: closes all positions and cancels all orders; of all accounts where none is named. */
export async function flatten(accounts: readonly string[], options: ActOptions): Promise<number> {
  return tellAccounts(accounts, 'FLATTEN', options)
}

/** `outcry close <position...>`: closes positions at market. */
export async function close(positions: readonly string[], options: ActOptions): Promise<number> {
  return tell(positions, 'CLOSE_POSITION', options)
}

async function tell(addresses: readonly string[], type: string, options: ActOptions): Promise<number> {
  addresses.forEach(parseAddress)
  const event = eventOf(type, options)
  return act(options, () => addresses.map((to) => ({ to, event })))
}

async function tellAccounts(
  accounts: readonly string[],
  type: string,
  options: ActOptions & { readonly symbol?: string },
): Promise<number> {
  accounts.forEach(parseAddress)
  const event = eventOf(type, options)
  return act(options, async (client) => (await accountsOr(client, accounts)).map((to) => ({ to, event })))
}

function eventOf(type: string, options: ActOptions & { readonly symbol?: string }) {
  const { symbol, reason } = options
  return compact({ type, symbol, by: personOf(options), reason })
}
