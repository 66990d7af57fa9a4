import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactDecimal, exactPositive } from '../../src/adapters/exact-decimal.ts'
import { SEED } from '../seeded.ts'

describe('a decimal of an exchange', () => {
  it.each([
    ['61837.63000000', '61837.63'],
    ['10.00000000', '10'],
    ['100', '100'],
    ['0.00000000', '0'],
    ['0.00000001', '0.00000001'],
    ['007.50', '7.5'],
    ['1.0e-10', '0.0000000001'],
    ['1.5E10', '15000000000'],
    ['2e+3', '2000'],
  ])('%s is one number, as %s', (raw, text) => {
    expect(exactDecimal(raw)).toBe(text)
  })

  it.each([
    '',
    '.',
    '.5',
    '5.',
    '-5',
    '+5',
    '1.2.3',
    'abc',
    'NaN',
    'Infinity',
    '1e',
    '1e999',
    '0x10',
    '1_000',
    ' 1',
    '1,5',
  ])('%j is none', (raw) => expect(exactDecimal(raw)).toBeUndefined())

  it('is text of at most 40 characters', () => {
    expect([1, null, undefined, {}, ['1'], '1'.repeat(41), '1e50'].map(exactDecimal)).toEqual(
      Array.from({ length: 7 }, () => undefined),
    )
    expect(exactDecimal(`${'1'.repeat(40)}.000`)).toBe('1'.repeat(40))
  })

  it.each(['0', '0.000', '0e5'])('of zero, %s, is not positive', (raw) => {
    expect(exactPositive(raw)).toBeUndefined()
  })

  it(`is exactly what another reader makes of it, seed ${SEED}`, () => {
    const digits = (maxLength: number) => fc.stringMatching(new RegExp(`^\\d{1,${maxLength}}$`))
    const exponent = fc.integer({ min: -15, max: 15 }).map((n) => `e${n}`)
    const text = fc
      .tuple(digits(12), fc.option(digits(12)), fc.option(exponent))
      .map(([whole, fraction, e]) => `${whole}${fraction === null ? '' : `.${fraction}`}${e ?? ''}`)
    fc.assert(
      fc.property(text, (raw) => {
        expect(exactDecimal(raw)).toBe(new Decimal(raw).toFixed())
      }),
      { seed: SEED, numRuns: 2_000 },
    )
  })
})
