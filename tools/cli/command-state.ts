import { PLAINLY } from '../../errors/zod-issues.ts'
import { routes } from '../../src/api/contract/routes.ts'
import type { StateDocument } from '../../src/api/contract/state.ts'
import type { Moment } from '../../src/api/state/state-document.ts'
import { namingHint } from '../../src/runner/folder/strategies-file.ts'
import { OutcryError } from '../../store/index.ts'
import { colors } from './colors.ts'
import { counted, countText, moneyText, stateText, table, timeText } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { print, printJson } from './output.ts'
import { momentAt, momentIn } from './places.ts'
import { openReader, type Reader } from './reader.ts'

export interface StateOptions extends ReadOptions {
  readonly at?: string
  readonly seq?: string
}

type Account = StateDocument['accounts'][number]

/** `outcry state`: shows accounts and strategies, now or at a moment of the past. */
export async function state(options: StateOptions): Promise<number> {
  const { json } = options
  const { data, modules } = await named(options)
  const reader = await openReader(data, modules)
  try {
    const found = await reader.state(await momentOf(reader, options))
    if (json) await printJson(found)
    else {
      for (const part of partsOf(found, reader.source)) await print(part)
      const unnamed = found.unreadable.filter(({ code }) => code === 'KIND_UNKNOWN')
      if (unnamed.length > 0)
        await print(
          colors.yellow(
            namingHint(
              data,
              unnamed.map(({ address }) => address),
            ),
          ),
        )
    }
    return 0
  } finally {
    await reader.close()
  }
}

/** Resolves with the moment that the options mean. @throws PLACE_INVALID */
export async function momentOf(
  reader: Reader,
  { at, seq }: Pick<StateOptions, 'at' | 'seq'>,
): Promise<Moment> {
  const { data, error } = routes.state.query.safeParse({ seq }, PLAINLY)
  if (error !== undefined) throw wrongUsage(`--seq: ${error.issues[0]?.message}`)
  if (at === undefined) return momentAt(reader, data.seq === undefined ? 'now' : { seq: data.seq }, '--seq')
  if (seq !== undefined) throw wrongUsage('give one of --seq and --at')
  return momentAt(reader, momentIn(at, '--at'), '--at')
}

function wrongUsage(what: string): OutcryError {
  return new OutcryError('PLACE_INVALID', what, 'See `outcry state --help`.')
}

function partsOf(found: StateDocument, source: string): string[] {
  const { seq, at, accounts, strategies, ledgers = [], unreadable } = found
  const head = at === undefined ? 'before its first record' : `at seq ${countText(seq)}, ${timeText(at)}`
  return [
    ...accounts.flatMap(accountParts),
    ...section(
      'strategies',
      ['strategy', 'market', 'interval', 'state', 'trades', 'last candle'],
      strategies.map(({ address, venue, symbol, interval, state, condition, cycles, closeAt }) => [
        address,
        `${venue}:${symbol}`,
        interval,
        condition === undefined ? stateText(state) : colors.red(`${condition}, in ${stateText(state)}`),
        countText(cycles),
        closeAt === undefined ? '-' : timeText(closeAt),
      ]),
    ),
    ...section(
      'ledgers',
      ['ledger', 'entries', 'last sequence_num', 'its time'],
      ledgers.map(({ address, entries, lastSequenceNum = '-', lastTimestamp = '-' }) => [
        address,
        countText(entries),
        String(lastSequenceNum),
        String(lastTimestamp),
      ]),
    ),
    ...unreadable.map(({ address, code, message }) =>
      colors.red(`${address} cannot be read: ${code}: ${message}`),
    ),
    colors.dim(
      `\n${counted(accounts.length, 'account')} and ${countText(strategies.length)} ${strategies.length === 1 ? 'strategy' : 'strategies'} in ${source}, ${head}`,
    ),
  ]
}

function accountParts(account: Account): string[] {
  const { address, asset, positions, orders, lists, cooldowns, flags } = account
  return [
    `${colors.bold(address)}  ${tradingText(account)}`,
    table(['', asset], factsOf(account)),
    ...section(
      'positions',
      ['position', 'quantity', 'average price', 'price', 'unrealized PnL'],
      positions.map(({ symbol, quantity, avgPx, markPx, unrealizedPnl, settleAsset }) => [
        symbol,
        quantity,
        avgPx,
        markPx,
        `${moneyText(unrealizedPnl)} ${settleAsset}`,
      ]),
    ),
    ...section(
      'orders',
      ['order', 'symbol', 'side', 'type', 'open quantity', 'price', 'stop price'],
      orders.map(({ address, symbol, side, ordType, leavesQty, price = '-', stopPx = '-' }) => [
        address,
        symbol,
        side,
        ordType,
        leavesQty,
        price,
        stopPx,
      ]),
    ),
    ...section(
      'lists',
      ['list', 'symbol', 'type', 'state', 'orders'],
      lists.map(({ address, symbol, contingencyType, state, orders }) => [
        address,
        symbol,
        contingencyType,
        stateText(state),
        countText(orders.length),
      ]),
    ),
    ...section(
      'no entries',
      ['symbol', 'until', 'because of'],
      [
        ...cooldowns.map(({ symbol = 'all', until, check }) => [symbol, timeText(until), check]),
        ...flags.map(({ symbol, until, flag, reason }) => [symbol, timeText(until), `${flag}: ${reason}`]),
      ],
    ),
  ]
}

/** Returns a table with a blank line before it; nothing without rows. */
function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [`\n${colors.bold(title)}`, table(head, rows)]
}

function tradingText({ tradingState, breaker, review }: Account): string {
  const why = [
    breaker === undefined ? '' : 'the circuit breaker has tripped',
    review === undefined ? '' : 'a review waits for a person',
  ].filter((text) => text !== '')
  const state = stateText(tradingState)
  return why.length === 0 ? state : colors.red(`${state}: ${why.join(', and ')}`)
}

function factsOf(account: Account): string[][] {
  const { equity, peakEquity, drawdownPct, realizedPnl, unrealizedPnl, dailyPnl, consecutiveLosses } = account
  const { commissions, reconciliation, universe } = account
  const rows = [
    ['equity', moneyText(equity)],
    ['highest equity', moneyText(peakEquity)],
    ['drawdown', `${drawdownPct}%`],
    ['realized PnL', moneyText(realizedPnl)],
    ['unrealized PnL', moneyText(unrealizedPnl)],
    ['since midnight UTC', moneyText(dailyPnl)],
    ['losing trades in a row', countText(consecutiveLosses)],
    ...Object.entries(commissions).map(([asset, amount]) => ['commissions', `${moneyText(amount)} ${asset}`]),
  ]
  const completed = reconciliation?.completed
  if (completed !== undefined)
    rows.push([
      'reconciled',
      `${timeText(completed.at)}, ${counted(completed.discrepancies, 'difference')} left`,
    ])
  if (universe !== undefined) rows.push(['universe', counted(universe.symbols.length, 'symbol')])
  return rows
}
