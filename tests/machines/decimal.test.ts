import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as decimal from '../../machines/model/decimal.ts'

const Exact = Decimal.clone({ precision: 200, toExpNeg: -1e9, toExpPos: 1e9 })

/** Decimals as venues write them: any number of digits on both sides, with leading and trailing zeros. */
const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength })
const text = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(digits(1, 6), digits(1, 20)),
    fc.oneof(digits(0, 3), digits(0, 20)),
  )
  .map(([sign, whole, fraction]) => `${sign}${whole}${fraction && `.${fraction}`}`)

describe('decimals', () => {
  it('are added and subtracted exactly, and written plainly', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(decimal.add(a, b)).toBe(new Exact(a).plus(b).toString())
        expect(decimal.subtract(a, b)).toBe(new Exact(a).minus(b).toString())
      }),
      { numRuns: 3_000 },
    )
  })

  it('are multiplied exactly, as long as fields may be', () => {
    const long = fc.tuple(digits(1, 20), digits(1, 19)).map(([whole, fraction]) => `${whole}.${fraction}`)
    fc.assert(
      fc.property(long, long, long, (a, b, c) => {
        expect(decimal.multiply(decimal.multiply(a, b), c)).toBe(new Exact(a).times(b).times(c).toString())
      }),
    )
  })

  it('are compared exactly', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(decimal.compare(a, b))).toBe(new Exact(a).comparedTo(b))
        expect(Math.sign(decimal.compare(a, decimal.add(a, '0.00000000000000000001')))).toBe(-1)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['0.1', '0.2', '0.3'],
    ['0.5', '0.50', '1'],
    ['-0.1', '0.1', '0'],
    ['-0', '0', '0'],
    ['007', '0.70', '7.7'],
    ['9007199254740991', '1', '9007199254740992'],
    ['900719925474099.1', '0.11', '900719925474099.21'],
    ['999999999999999', '0.000000000000001', '999999999999999.000000000000001'],
    ['0.000000000000001', '-0.000000000000002', '-0.000000000000001'],
  ])('%s + %s = %s', (a, b, sum) => {
    expect(decimal.add(a, b)).toBe(sum)
    expect(decimal.subtract(sum, b)).toBe(new Exact(a).toString())
  })

  it('refuses what is no decimal', () => {
    expect(() => decimal.add('1', 'x')).toThrow()
    expect(() => decimal.add('', '1')).toThrow()
    expect(() => decimal.subtract('1.2.3', '1')).toThrow()
  })

  it('keeps quotients to 18 places', () => {
    expect(decimal.divide('1', '3')).toBe('0.333333333333333333')
    expect(decimal.divide('1', '8')).toBe('0.125')
  })
})
