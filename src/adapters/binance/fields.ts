import { z } from 'zod'
import type { PositionSide } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'

/** Made plain: "0.07600" and "7.6E-2" are "0.076". */
export const amount = z
  .string()
  .regex(/^-?\d+(\.\d+)?(E[+-]?\d{1,2})?$/i, 'a decimal number as text, like "61837.63"')
  .transform((text) => decimal.add(text, decimal.ZERO))

/** An amount that is zero where it is left out or null. */
export const amountOrZero = amount.nullish().transform((value) => value ?? decimal.ZERO)

/** An id as text. An id of more digits than a double holds must not have been a number on its way here. */
export const id = z.union([z.int(), z.string().regex(/^-?\d+$/, 'a whole number')]).transform(String)

/** The position of a hedging account. A netting account has one of each symbol. */
export const positionSide = z
  .enum(['BOTH', 'LONG', 'SHORT'])
  .nullish()
  .transform((side): { positionSide?: PositionSide } =>
    !side || side === 'BOTH' ? {} : { positionSide: side },
  )
