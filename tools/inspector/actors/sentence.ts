/** One sentence that says what an actor is about. Pure. */
import { decimalText, gainText, moneyText } from '../text/numbers.ts'

type Context = Readonly<Record<string, unknown>>

/** Returns the sentence for an actor of a kind; undefined where its machine says what it is for. */
export function sentenceOf(kind: string, context: unknown): string | undefined {
  const of = (Object(context) ?? {}) as Context
  if (kind === 'order') return orderSentence(of)
  if (kind === 'position') return positionSentence(of)
  if (kind === 'list') return listSentence(of)
  if (kind === 'symbol') return symbolSentence(of)
  return undefined
}

function orderSentence({ terms, cumQty, cumCost }: Context): string | undefined {
  const { side, orderQty, symbol, ordType, price, stopPx, reduceOnly } = (Object(terms) ?? {}) as Context
  if (typeof orderQty !== 'string') return undefined
  const limit = typeof price === 'string' ? ` at ${px(price)}` : ''
  const stop = typeof stopPx === 'string' ? `, stop at ${px(stopPx)}` : ''
  const kind = limit === '' && stop === '' ? `, ${String(ordType).toLowerCase().replaceAll('_', ' ')}` : ''
  const reduces = reduceOnly === true ? ', only reduces' : ''
  const filled =
    typeof cumQty === 'string' && /[1-9]/.test(cumQty)
      ? ` Filled ${cumQty} of ${orderQty}${average(cumCost, cumQty)}.`
      : ' Nothing is filled.'
  return `${side} ${orderQty} ${symbol}${limit}${stop}${kind}${reduces}.${filled}`
}

/** Returns the average price for people. The books have the exact cost. */
function average(cost: unknown, quantity: string): string {
  const value = Number(cost) / Number(quantity)
  return Number.isFinite(value) ? ` at ${px(value.toFixed(2))}` : ''
}

function positionSentence({ quantity, symbol, cost, realizedPnl, settleAsset }: Context): string | undefined {
  if (typeof quantity !== 'string' || typeof settleAsset !== 'string') return undefined
  const realized =
    typeof realizedPnl === 'string' ? ` Realised ${gainText(realizedPnl, settleAsset)} ${settleAsset}.` : ''
  if (!/[1-9]/.test(quantity)) return `Holds no ${symbol}.${realized}`
  const paid = typeof cost === 'string' ? `, which cost ${moneyText(cost, settleAsset)} ${settleAsset}` : ''
  return `Holds ${quantity} ${symbol}${paid}.${realized}`
}

function listSentence({ contingencyType, symbol, legs }: Context): string | undefined {
  if (!Array.isArray(legs)) return undefined
  const texts = legs.map((leg: Context) => {
    const at = leg.stopPx ?? leg.price
    return `${leg.legId} ${leg.side} ${leg.orderQty}${typeof at === 'string' ? ` at ${px(at)}` : ''}`
  })
  return `${contingencyType} in ${symbol}: ${texts.join('; ')}.`
}

function symbolSentence({ trade, bid, ask }: Context): string | undefined {
  const last = (Object(trade) as Context).px
  if (typeof last !== 'string') return undefined
  const quote = typeof bid === 'string' && typeof ask === 'string' ? ` Bid ${px(bid)}, ask ${px(ask)}.` : ''
  return `Last trade at ${px(last)}.${quote}`
}

const px = (text: string): string => decimalText(text, 8)
