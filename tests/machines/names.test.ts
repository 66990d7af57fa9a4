/** Venues list symbols in any script: a name is one exactly where an actor can be called by it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { address, name } from '../../machines/model/fields.ts'
import { strategyTerms } from '../../machines/strategies/terms.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'
import { SEED } from '../seeded.ts'

const isAddress = (text: string) => {
  try {
    return parseAddress(text) === text
  } catch {
    return false
  }
}
const taken = (id: string) => ({
  name: name.safeParse(id).success,
  subscriber: address.safeParse(`symbol/sim:${id}`).success,
  address: isAddress(`symbol/sim:${id}`),
})
const EVERYWHERE = { name: true, subscriber: true, address: true }
const NOWHERE = { name: false, subscriber: false, address: false }

describe('a symbol', () => {
  it.each([
    '币安人生USDT',
    '龙虾USDT',
    'БИТКОИНUSDT',
    'हिन्दीUSDT',
    '한국USDT',
    'ÉTÉEUR',
    '🚀USDT',
    '€BTC',
    '١٢٣USDT',
  ])('may be %s', (symbol) => {
    expect(taken(symbol)).toEqual(EVERYWHERE)
  })

  it.each<[string, string]>([
    ['a space', 'BTC USDT'],
    ['a space of Unicode', 'BTC\u2003USDT'],
    ['a space of no width', 'BTC\u200bUSDT'],
    ['a letter that is not shown', 'BTC\u3164USDT'],
    ['a variation selector', 'BTC\ufe0fUSDT'],
    ['a line break', 'BTC\nUSDT'],
    ['a line separator', 'BTC\u2028USDT'],
    ['a control character', 'BTC\u0007USDT'],
    ['one of the second block', 'BTC\u009bUSDT'],
    ['what reverses a text', 'BTC\u202eTDSU'],
    ['what isolates it', '\u2067BTC\u2069USDT'],
    ['a mark of direction', 'BTC\u200fUSDT'],
    ['half a character', 'BTC\ud83dUSDT'],
    ['a private character', 'BTC\ue000USDT'],
    ['no character', 'BTC\u{10ffff}USDT'],
    ['another spelling of a letter', 'E\u0301TEUR'],
    ['another spelling of a sign', '\u2126USDT'],
    ['a slash of another width', 'BTC\uff0fUSDT'],
  ])('has not %s', (_, symbol) => {
    expect(taken(symbol)).toEqual(NOWHERE)
  })

  it('does not begin with a mark, which would belong to what stands before it', () => {
    expect(name.safeParse('\u0301BTC').success).toBe(false)
    expect(isAddress('symbol/\u0301BTC')).toBe(false)
  })

  it(`is a name where it makes an address (seed ${SEED})`, () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(text, (id) => {
        // What addresses have besides is for what is written as %20. Names become keys besides, and one text is no key.
        if (/[/%]|__proto__/.test(id)) return
        expect(name.safeParse(id).success).toBe(isAddress(`symbol/${id}`))
      }),
      { seed: SEED, numRuns: 2_000 },
    )
  })

  it('names the strategies of a universe', () => {
    const { id } = strategyTerms.shape
    expect(
      ['ema-币安人生USDT', 'ema-BTCUSDT', 'ema:BTCUSDT', 'ema-BTC\u202eUSDT'].map(
        (one) => id.safeParse(one).success,
      ),
    ).toEqual([true, true, false, false])
  })
})

describe('the id of a child', () => {
  it('is written in one way alone: as its parent makes it', () => {
    expect(isAddress('symbol/sim:币安人生USDT/left')).toBe(true)
    expect(isAddress('symbol/sim:币安人生USDT/%E5%B7%A6')).toBe(true)
    expect(isAddress('symbol/sim:币安人生USDT/左')).toBe(false)
  })
})
