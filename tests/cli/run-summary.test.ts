import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type Summary, summaryText } from '../../tools/cli/run-summary.ts'

/** Returns the summary without colours. */
const textOf = (summary: Summary) => stripVTControlCharacters(summaryText(summary))

const QUIET: Summary = {
  market: 'sim:6',
  data: 'data',
  counts: { trade: 3, quote: 1 },
  refused: {},
  messages: 4,
  seconds: 2,
  committed: 10,
  records: 30,
  marketRecords: 4,
  ordersSubmitted: 1,
  fills: 1,
  denied: {},
  quarantined: [],
  openPositions: 0,
  accounts: [
    {
      venue: 'sim',
      asset: 'USDT',
      positions: [],
      realizedPnl: '1',
      unrealizedPnl: '0',
      commissions: '0.5',
      balance: '100',
      equity: '100.5',
    },
  ],
}

describe('the summary of a run', () => {
  it('shows the messages, the records, the orders and the profit', () => {
    expect(textOf(QUIET).split('\n')).toEqual([
      'market     sim:6',
      'read       4 messages: 3 trade, 1 quote',
      'records    10 committed in 2.0 s, 5 a second; the log has 30',
      'orders     1 submitted, 1 fill',
      'positions  flat',
      'PnL        1.00 realised, 0.00 unrealised, 0.50 commissions',
      'equity     100.50',
    ])
  })

  it('shows the account of each venue', () => {
    const [account] = QUIET.accounts
    const held = { symbol: 'BTCUSDT:LONG', quantity: '2', avgPx: '60000' }
    const far = { ...account, venue: 'far', asset: 'EUR', positions: [held], equity: '7' } as typeof account
    const lines = textOf({ ...QUIET, openPositions: 1, accounts: [account, far] as never }).split('\n')
    expect(lines.slice(4)).toEqual([
      'positions  sim: flat',
      'PnL        sim: 1.00 realised, 0.00 unrealised, 0.50 commissions',
      'equity     sim: 100.50',
      'positions  far: 2 BTCUSDT:LONG at 60,000.00',
      'PnL        far: 1.00 realised, 0.00 unrealised, 0.50 commissions',
      'equity     far: 7.00',
    ])
  })

  it('counts the orders that the risk gate denied, by reason, the most frequent first', () => {
    const denied = { cooldown: 1, orderNotionalMax: 12 }
    expect(textOf({ ...QUIET, denied })).toContain(
      '\ndenied     13 orders by the risk gate: 12 orderNotionalMax, 1 cooldown\n',
    )
  })

  it('counts the refused market messages by reason, the most frequent first', () => {
    const refused = { TIME: 1, PRICE: 1_200 }
    expect(textOf({ ...QUIET, refused })).toContain(
      '\nread       4 messages: 3 trade, 1 quote\nrefused    1,201 messages: 1,200 PRICE, 1 TIME\n',
    )
  })

  it('shows for each actor in quarantine the time, the reason and the release command', () => {
    const failed = [{ address: 'mine/a', since: 1_723_161_255_343, why: 'failed on CANDLE_CLOSE: no price' }]
    const quarantined = ['mine/a']
    expect(
      textOf({ ...QUIET, data: 'here', quarantined, failed })
        .split('\n')
        .at(-1),
    ).toBe(
      'quarantine mine/a since 2024-08-08 23:54:15.343: it failed on CANDLE_CLOSE: no price. Release it: outcry release mine/a --data here',
    )
  })

  it('names the first of many in quarantine, and counts the others', () => {
    const quarantined = ['mine/a', 'mine/b', 'mine/c', 'mine/d', 'mine/e', 'mine/f']
    expect(
      textOf({ ...QUIET, quarantined })
        .split('\n')
        .slice(-2),
    ).toEqual(['quarantine mine/e Release it: outcry release mine/e', '           and 1 more: outcry actors'])
  })

  it('says what to do when a recording has been played already', () => {
    expect(textOf({ ...QUIET, marketRecords: 0, isOver: true })).toContain(
      '\nread       nothing new: data has the whole market already; --data <new folder> plays it again\n',
    )
  })
})
