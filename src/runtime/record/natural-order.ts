/**
 * Compares two names as people order them: numbers in them by their value, so that `o-2` comes before `o-10`. All other
 * characters compare by their codes, so the order is the same everywhere, whatever the language of the machine.
 *
 * @example ['o-10', 'o-2'].sort(naturally) // ['o-2', 'o-10']
 */
export function naturally(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = comparedParts(left[i] as string, right[i] as string)
    if (order !== 0) return order
  }
  // Names that differ in leading zeros alone still have an order.
  return left.length - right.length || compared(a, b)
}

function partsOf(text: string): readonly string[] {
  return text.match(/\d+|\D+/g) ?? []
}

function comparedParts(a: string, b: string): number {
  if (!isNumber(a) || !isNumber(b)) return compared(a, b)
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')]
  return left.length - right.length || compared(left, right)
}

function isNumber(part: string): boolean {
  return /^\d/.test(part)
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
