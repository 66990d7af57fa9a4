/** On spot what is held is what is owned, and what an order locks is not free for another one. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Exchange } from './exchange/exchange.ts'
import { Bot } from './kit.ts'

const flat = { held: '0', owned: '0', phase: 'done', live: {} }

function standing(bot: Bot) {
  const { exchange } = bot
  return {
    held: bot.held,
    owned: exchange.wallet.owned('BTC'),
    phase: bot.phase('L1'),
    live: exchange.live(),
  }
}

describe('a bracket on spot whose fee is taken from the coin bought', () => {
  const exchange = new Exchange({ feeIn: 'received', lotSize: '0.001' })
  let bot: Bot
  let entered: ReturnType<typeof standing>
  let stopQty: string
  let refusedAtEntry: string[]

  beforeAll(async () => {
    bot = await Bot.open(exchange)
    await bot.bracket('L1')
    expect(exchange.trades[0]?.report).toMatchObject({ commission: '0.001', commissionAsset: 'BTC' })
    await bot.pass(1_000)
    entered = standing(bot)
    stopQty = exchange.stopQty()
    refusedAtEntry = [...exchange.refusals]
    await bot.send('list/L1', { type: 'EXIT', by: 'ann' })
    await bot.pass(70_000)
  })

  it('leaves the account with what the exchange has', () => {
    expect(entered.owned).toBe('0.999')
    expect(bot.account.balances.BTC).toBe(exchange.wallet.owned('BTC'))
  })

  it('holds what is owned: the fee has reduced it', () => {
    expect(entered.held).toBe('0.999')
  })

  it.fails('is protected by a stop for what can be sold', () => {
    expect({ phase: entered.phase, stopQty }).toEqual({ phase: 'protected', stopQty: '0.999' })
  })

  it.fails('asks for nothing that the balance does not cover', () => {
    expect(refusedAtEntry).toEqual([])
  })

  it.fails('ends flat once it is to exit', () => {
    expect(standing(bot)).toEqual(flat)
  })
})

describe('a bracket on spot whose fee is taken from the quote asset', () => {
  const exchange = new Exchange({ feeIn: 'quote', lotSize: '0.001' })
  let bot: Bot
  let entered: ReturnType<typeof standing>

  beforeAll(async () => {
    bot = await Bot.open(exchange)
    await bot.bracket('L1')
    await bot.pass(1_000)
    entered = standing(bot)
    expect(exchange.refusals).toEqual([])
    await bot.send('list/L1', { type: 'EXIT', by: 'ann' })
    await bot.pass(70_000)
  })

  it('is protected by a stop for all that was bought', () => {
    expect(entered).toEqual({ held: '1', owned: '1', phase: 'protected', live: { 'binance:L1-stop': '1' } })
  })

  it.fails('frees what its stop locks before it exits: nothing is refused', () => {
    expect(exchange.refusals).toEqual([])
  })

  it.fails('ends flat once it is to exit', () => {
    expect(standing(bot)).toEqual(flat)
  })
})
