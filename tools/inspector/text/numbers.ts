/** Writes numbers. Amounts are decimal texts, and no float touches them. Pure. */

/** Returns a whole number with separated thousands. */
export const countText = (count: number): string => count.toLocaleString('en')

/** Returns a decimal text with separated thousands, cut to `places`; `−` (U+2212) for what is below zero. */
export function decimalText(text: string, places: number): string {
  const options = { minimumFractionDigits: Math.min(2, places), maximumFractionDigits: places }
  // It takes a text as exactly as a number; its type does not say so.
  return new Intl.NumberFormat('en', options).format(text as `${number}`).replace('-', '−')
}

/** Returns an amount of an asset: two places for the currencies that have two. */
export function moneyText(text: string, asset: string): string {
  return decimalText(text, /USD|EUR|GBP|CHF/.test(asset) ? 2 : 8)
}

/** Returns a difference: with its sign, whatever it is. */
export function gainText(text: string, asset: string): string {
  const money = moneyText(text, asset)
  return directionOf(text) === 'up' ? `+${money}` : money
}

/** Returns where an amount points, for its colour. */
export function directionOf(text: string): 'up' | 'down' | '' {
  if (!/[1-9]/.test(text)) return ''
  return text.startsWith('-') ? 'down' : 'up'
}
