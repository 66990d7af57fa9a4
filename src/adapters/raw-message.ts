/** A message of an exchange's socket, as far as every exchange's is checked alike. What is not believed is thrown as a Refusal. */
import type { z } from 'zod'
import { issuesOf, issuesText, PLAINLY } from '../../errors/zod-issues.ts'
import * as exact from '../../machines/model/decimal.ts'
import type { Level } from './book-side.ts'
import { exactDecimal, exactPositive } from './exact-decimal.ts'
import { Refusal, type RefusalReason } from './refusals.ts'

/** Characters of what is refused that are told. */
const EXCERPT_MAX = 60

/** Returns the object that a message is. @throws Refusal */
export function parsed(json: string): object {
  let raw: unknown
  try {
    raw = JSON.parse(json)
  } catch (error) {
    throw new Refusal('JSON', (error as Error).message)
  }
  if (typeof raw !== 'object' || raw === null) throw new Refusal('SCHEMA', 'the message must be an object')
  return raw
}

/** Returns a message of this shape. `kind` is what the refusal calls it. @throws Refusal */
export function checked<T>(schema: z.ZodType<T>, data: unknown, kind: string): T {
  const { data: message, error } = schema.safeParse(data, PLAINLY)
  if (error) throw new Refusal('SCHEMA', `${kind}: ${issuesText(issuesOf(error, 'data'))}`)
  return message as T
}

/** Returns a price as plain decimal text, above 0. @throws Refusal */
export function price(field: string, raw: unknown): string {
  return exactPositive(raw) ?? refuse('PRICE', `${field} must be a decimal above 0, and is ${excerpt(raw)}`)
}

/** Returns the same of a quantity. @throws Refusal */
export function quantity(field: string, raw: unknown): string {
  return (
    exactPositive(raw) ?? refuse('QUANTITY', `${field} must be a decimal above 0, and is ${excerpt(raw)}`)
  )
}

/** Returns the levels of a book, which the exchange has as lists of price and quantity. @throws Refusal */
export function levels(raw: readonly unknown[]): Level[] {
  return raw.map((one) => {
    if (!Array.isArray(one) || one.length < 2)
      return refuse('SCHEMA', `a level must be a price and a quantity, and is ${excerpt(one)}`)
    const [px, qty] = one as readonly unknown[]
    return level(px, qty)
  })
}

/** Returns a level: its quantity is 0 where it is gone. @throws Refusal */
export function level(px: unknown, qty: unknown): Level {
  const size = exactDecimal(qty)
  if (size === undefined)
    return refuse('QUANTITY', `a level's quantity must be a decimal from 0, and is ${excerpt(qty)}`)
  return [price("a level's price", px), size]
}

/** @throws Refusal for a snapshot of a book whose sides meet */
export function expectUncrossed({ bids, asks }: { bids: readonly Level[]; asks: readonly Level[] }): void {
  const [bid, ask] = [bestOf(bids, exact.max), bestOf(asks, exact.min)]
  if (bid !== undefined && ask !== undefined && exact.compare(bid, ask) >= 0)
    throw new Refusal('PRICE', `the best bid of the snapshot, ${bid}, is not below its best ask, ${ask}`)
}

function bestOf(side: readonly Level[], better: (a: string, b: string) => string): string | undefined {
  const prices = side.flatMap(([px, qty]) => (qty === exact.ZERO ? [] : [px]))
  return prices.length === 0 ? undefined : prices.reduce(better)
}

/** Returns what is told of a value that is refused; of what is no text only its type: it may lie in itself deeper than the stack. */
export function excerpt(raw: unknown): string {
  if (Array.isArray(raw)) return 'a list'
  if (typeof raw !== 'string') return typeof raw === 'object' && raw !== null ? 'an object' : String(raw)
  return JSON.stringify(raw.length <= EXCERPT_MAX ? raw : `${raw.slice(0, EXCERPT_MAX)}...`)
}

export function refuse(reason: RefusalReason, detail: string): never {
  throw new Refusal(reason, detail)
}
